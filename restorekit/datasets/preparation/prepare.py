"""Create the canonical form of a split, ``<split>/lq`` and ``<split>/gt``, from any other form.

A split is assembled in a hidden folder beside its destination and renamed when it is complete,
so that nobody sees half of it. Another run continues what an interrupted one left.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from restorekit.datasets.lmdb.format import names_digest
from restorekit.datasets.readers.pairing import match_names
from restorekit.datasets.readers.pairs import PairReader
from restorekit.errors import DataError
from restorekit.io.files import (
    atomic_path,
    path_below,
    remove_leftovers,
    sole_writer,
    write_json,
)
from restorekit.io.images import write_image
from restorekit.io.terminal import progress
from restorekit.io.threads import in_order

#: Lies beside ``lq`` and ``gt`` and says what they were made from.
RECORD_FILE = "prepared.json"

Mode = Literal["link", "copy"]


@dataclass(frozen=True)
class _Record:
    """What a split was made from; only a split with the same record is continued."""

    source: str
    mode: Literal["link", "copy", "png"]
    num_pairs: int
    names_digest: str


class Prepared(NamedTuple):
    """What :func:`prepare_split` did.

    Attributes:
        num_pairs: Pairs in the split.
        written: Files written by this run.
        as_png: Whether images were written as PNG because they are not files of their own.
    """

    num_pairs: int
    written: int
    as_png: bool


def prepare_split(
    reader: PairReader, out: Path, mode: Mode = "link", workers: int | None = None
) -> Prepared:
    """Write the images of a split to ``out/lq`` and ``out/gt`` without loss.

    Rainy images keep their names. A clean image gets the name of its rainy image, or keeps its
    own where several rainy images share it and begin with that name (``901`` and ``901_3``).
    Photographs without clean images are written to ``out`` itself. Images that are not files
    of their own, such as the halves of side-by-side files, become PNG files in either mode.

    Args:
        reader: Checked pairs (see :func:`restorekit.datasets.checks.checked`).
        out: Folder of the split.
        mode: ``link`` creates symbolic links to the files, ``copy`` copies them.
        workers: Threads; by default one for each core.

    Raises:
        DataError: If ``out`` holds something else, an image name leads out of it, another
            process is writing to it, or a file cannot be read or written.
    """
    as_png = reader.file_layout in {"left", "right"} or reader.paths(0) is None
    record = _Record(
        source=reader.location,
        mode="png" if as_png else mode,
        num_pairs=len(reader),
        names_digest=names_digest(reader.names),
    )
    partial = out.with_name(f".{out.name}.partial")
    if out.exists():
        _require_same(out, record)
        return Prepared(len(reader), 0, as_png)
    continues = partial.exists()
    if continues:
        _require_same(partial, record)
    gt_names = _gt_names(reader)
    suffixes = None if as_png else [path.suffix for path in reader.paths(0) or []]
    for index in range(len(reader)):
        # All names are checked before anything is written.
        _targets(reader, index, gt_names[index], partial, suffixes)

    def make(index: int) -> int:
        if as_png:
            return _write_png(reader, index, partial)
        return _transfer_files(reader, index, gt_names[index], partial, mode)

    try:
        partial.mkdir(parents=True, exist_ok=True)
        with sole_writer(partial):
            if continues:
                remove_leftovers(partial, recursive=True)
            write_json(partial / RECORD_FILE, asdict(record))
            made = in_order(make, range(len(reader)), workers)
            written = sum(progress(made, f"preparing {out}", total=len(reader)))
            partial.replace(out)
    except OSError as error:
        raise DataError(
            f"{out} could not be prepared ({error}): remedy that and run the same command again; "
            "it continues where it stopped."
        ) from error
    return Prepared(len(reader), written, as_png)


def _require_same(folder: Path, record: _Record) -> None:
    """Refuse a folder that was not made, or begun, from the same pairs in the same way."""
    try:
        found = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise DataError(
            f"{folder} exists and was not made by `restorekit data prepare`: choose another "
            "--out, or remove it."
        )
    differing = [
        f"{key} {found.get(key)!r} instead of {value!r}"
        for key, value in asdict(record).items()
        if found.get(key) != value
    ]
    if differing:
        raise DataError(
            f"{folder} exists and was made differently ({', '.join(differing)}): remove it, or "
            "choose another --out."
        )


def _gt_names(reader: PairReader) -> list[str]:
    """Return the name of each clean image: its own where its rainy images begin with it."""
    first = reader.first_with_same_gt()
    if first == list(range(len(reader))):
        return list(reader.names)
    paths = [reader.paths(index) for index in range(len(reader))]
    own = [pair[-1].stem if pair else "" for pair in paths]
    distinct = list(dict.fromkeys(own))
    matches = match_names(reader.names, distinct, "prefix")
    index_of = {name: index for index, name in enumerate(distinct)}
    by_prefix = [(index, index_of[name]) for index, name in enumerate(own)]
    return own if matches.pairs == by_prefix else list(reader.names)


def _write_png(reader: PairReader, index: int, folder: Path) -> int:
    targets = _targets(reader, index, reader.names[index], folder)
    if all(target.exists() for target in targets):
        return 0
    images = [image for image in reader.read(index) if image is not None]
    for target, image in zip(targets, images, strict=True):
        write_image(target, image)
    return len(targets)


def _transfer_files(reader: PairReader, index: int, gt_name: str, folder: Path, mode: Mode) -> int:
    paths = reader.paths(index) or []
    targets = _targets(reader, index, gt_name, folder, [path.suffix for path in paths])
    return sum(_transfer(path, to, mode) for path, to in zip(paths, targets, strict=True))


def _targets(
    reader: PairReader,
    index: int,
    gt_name: str,
    folder: Path,
    suffixes: Sequence[str] | None = None,
) -> list[Path]:
    """Return where the images of a pair go; by default as PNG."""
    name = reader.names[index]
    lq_suffix, *others = suffixes or (".png", ".png")
    if reader.file_layout == "single":
        return [path_below(folder, name, lq_suffix)]
    return [
        path_below(folder, name, lq_suffix, inside="lq"),
        path_below(folder, gt_name, others[0], inside="gt"),
    ]


def _transfer(file: Path, target: Path, mode: Mode) -> int:
    if target.exists():
        return 0
    if mode == "copy":
        with atomic_path(target) as temporary:
            shutil.copyfile(file, temporary)
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    # Another thread may have created the link to a clean image that several pairs share.
    with contextlib.suppress(FileExistsError):
        os.symlink(file.resolve(), target)
    return 1

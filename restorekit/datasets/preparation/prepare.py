"""Making the canonical form of a split, ``<split>/lq`` and ``<split>/gt``, of any other.

Nothing half-written is ever seen: a split is put together in a hidden folder beside its place,
which gets its name when all is there. Another run continues what an interrupted one left.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from restorekit.datasets.lmdb.format import names_digest
from restorekit.datasets.readers.pairing import match_names
from restorekit.datasets.readers.pairs import PairReader
from restorekit.errors import DataError
from restorekit.io.files import atomic_path, write_json
from restorekit.io.images import write_image
from restorekit.io.terminal import progress
from restorekit.io.threads import in_order

#: Beside ``lq`` and ``gt``: what they were made of.
RECORD_FILE = "prepared.json"

Mode = Literal["link", "copy"]


@dataclass(frozen=True)
class _Record:
    """What a prepared split was made of; only the same is continued or found complete."""

    source: str
    mode: Literal["link", "copy", "png"]
    num_pairs: int
    names_digest: str


class Prepared(NamedTuple):
    """What :func:`prepare_split` did.

    Attributes:
        num_pairs: Pairs in the split.
        written: Files written by this run.
        as_png: Whether they were written as PNG, because they are no files by themselves.
    """

    num_pairs: int
    written: int
    as_png: bool


def prepare_split(
    reader: PairReader, out: Path, mode: Mode = "link", workers: int | None = None
) -> Prepared:
    """Put the images of a split into ``out/lq`` and ``out/gt``, without a loss.

    Rainy images keep their names, and clean ones get the name of theirs; one that belongs to
    several keeps its own where theirs begin with it (``901`` and ``901_3``). Photographs
    without clean images lie in ``out`` itself. Images that are no files by themselves, such
    as the halves of files side by side, are written as PNG in either mode.

    Args:
        reader: Checked pairs (see :func:`restorekit.datasets.checks.checked`).
        out: Folder of the split.
        mode: ``link`` makes symbolic links to the files, ``copy`` copies them.
        workers: Threads; by default one for each core.

    Raises:
        DataError: If ``out`` holds something else, or a file cannot be read or written.
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
    if partial.exists():
        _require_same(partial, record)
    partial.mkdir(parents=True, exist_ok=True)
    write_json(partial / RECORD_FILE, asdict(record))
    gt_names = _gt_names(reader)

    def make(index: int) -> int:
        if as_png:
            return _write_png(reader, index, partial)
        return _place_files(reader, index, gt_names[index], partial, mode)

    try:
        made = in_order(make, range(len(reader)), workers)
        written = sum(progress(made, f"preparing {out}", total=len(reader)))
        partial.replace(out)
    except OSError as error:
        raise DataError(
            f"{out} could not be prepared ({error}): mend that and run the same command again, it "
            "goes on where it stopped."
        ) from error
    return Prepared(len(reader), written, as_png)


def _require_same(folder: Path, record: _Record) -> None:
    """Look whether a folder was made, or begun, of the same pairs."""
    try:
        found = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise DataError(
            f"{folder} is there already and was not made by `restorekit data prepare`: give "
            "another --out, or remove it."
        )
    differing = [
        f"{key} {found.get(key)!r} instead of {value!r}"
        for key, value in asdict(record).items()
        if found.get(key) != value
    ]
    if differing:
        raise DataError(
            f"{folder} is there already, made in another way ({', '.join(differing)}): remove it, "
            "or give another --out."
        )


def _gt_names(reader: PairReader) -> list[str]:
    """Return the name of each clean image: its own where rainy ones share it and begin so."""
    first = reader.first_with_same_gt()
    if first == list(range(len(reader))):
        return list(reader.names)
    paths = [reader.paths(index) for index in range(len(reader))]
    own = [pair[-1].stem if pair else "" for pair in paths]
    distinct = list(dict.fromkeys(own))
    matches = match_names(reader.names, distinct, "prefix")
    place_of = {name: place for place, name in enumerate(distinct)}
    by_prefix = [(place, place_of[name]) for place, name in enumerate(own)]
    return own if matches.pairs == by_prefix else list(reader.names)


def _write_png(reader: PairReader, index: int, folder: Path) -> int:
    name = reader.names[index]
    single = reader.file_layout == "single"
    targets = [folder / f"{name}.png"] if single else _targets(folder, name, name, ".png", ".png")
    if all(target.exists() for target in targets):
        return 0
    images = [image for image in reader.read(index) if image is not None]
    for target, image in zip(targets, images, strict=True):
        write_image(target, image)
    return len(targets)


def _place_files(reader: PairReader, index: int, gt_name: str, folder: Path, mode: Mode) -> int:
    paths = reader.paths(index) or []
    name = reader.names[index]
    if reader.file_layout == "single":
        targets = [folder / f"{name}{paths[0].suffix}"]
    else:
        targets = _targets(folder, name, gt_name, paths[0].suffix, paths[1].suffix)
    return sum(_place(path, to, mode) for path, to in zip(paths, targets, strict=True))


def _targets(folder: Path, lq: str, gt: str, lq_suffix: str, gt_suffix: str) -> list[Path]:
    return [folder / "lq" / f"{lq}{lq_suffix}", folder / "gt" / f"{gt}{gt_suffix}"]


def _place(file: Path, target: Path, mode: Mode) -> int:
    if target.exists():
        return 0
    if mode == "copy":
        with atomic_path(target) as temporary:
            shutil.copyfile(file, temporary)
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    # Another thread may have made the link to a clean image that several share.
    with contextlib.suppress(FileExistsError):
        os.symlink(file.resolve(), target)
    return 1

"""The format of restorekit's LMDBs on disk.

An LMDB is a folder with

* ``data.mdb``: the keys ``<number>/lq`` and ``<number>/gt`` hold the pixels of a pair (``raw``:
  uint8, (H, W, 3), RGB) or the bytes of its files (``encoded``); ``<number>/record`` repeats its
  entry in ``meta.json``. Pairs that share a clean image share its value. Files with both images
  side by side, and images without a clean version, have a value under ``lq`` only.
* ``meta.json``: :class:`LmdbMeta`. It is written last, so it exists only in a complete LMDB.
* ``writing.json``, only while the LMDB is being written: :class:`Plan`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from restorekit.errors import DataError
from restorekit.io.files import atomic_path
from restorekit.io.records import short, to_record

FORMAT = "restorekit.lmdb"
VERSION = 1
META_FILE = "meta.json"
PLAN_FILE = "writing.json"
DATA_FILE = "data.mdb"
#: Name of the checksums in ``meta.json``: BLAKE2b of 16 bytes over a value, in hexadecimal.
CHECKSUM = "blake2b-128"

_WRITE_AGAIN = "write the LMDB again with `restorekit data lmdb`"

Encoding = Literal["raw", "encoded"]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Side = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


@dataclass(frozen=True)
class Plan:
    """What an LMDB will hold; an interrupted LMDB is continued only under the same plan.

    Attributes:
        encoding: ``raw`` or ``encoded``.
        file_layout: ``pair``, ``single``, or, ``encoded`` only, ``left`` or ``right``: the side
            of the rainy image in files that hold both.
        source: Location of the pairs.
        num_pairs: Number of pairs.
        names_digest: Checksum of their names.
    """

    encoding: Encoding
    file_layout: Annotated[str, msgspec.Meta(pattern="^(pair|single|left|right)$")]
    source: str
    num_pairs: Count
    names_digest: str


@dataclass(frozen=True)
class LmdbMeta:
    """The content of ``meta.json``; the lists have one entry for each pair.

    Attributes:
        plan: What was to be written.
        data_bytes: Size of ``data.mdb``; a shorter file is truncated.
        names: Names.
        shapes: Heights and widths.
        gt_of: Number of the pair that stores the clean image; empty without clean images.
        lq_checksums: Checksums of the values under ``lq``.
        gt_checksums: Checksums of the clean images, shared ones included.
    """

    plan: Plan
    data_bytes: Annotated[int, msgspec.Meta(ge=0)]
    names: list[str]
    shapes: list[tuple[Side, Side]]
    gt_of: list[Count]
    lq_checksums: list[str]
    gt_checksums: list[str]


def value_key(index: int, part: str) -> bytes:
    """Return the key of ``lq``, ``gt`` or ``record`` of a pair."""
    return f"{index:08d}/{part}".encode()


def checksum(data: Any) -> str:
    """Return the checksum of a value (anything with a buffer)."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def names_digest(names: list[str]) -> str:
    """Return the checksum of a list of names."""
    return checksum(json.dumps(names).encode())


def is_lmdb(path: Path) -> bool:
    """Whether ``path`` is the folder of an LMDB of any kind, complete or not."""
    return any((path / file).is_file() for file in (DATA_FILE, PLAN_FILE))


def write_meta(path: Path, plan: Plan, data_bytes: int, lists: Mapping[str, Iterable[Any]]) -> None:
    """Write ``meta.json``, with one line for each entry.

    Args:
        path: Folder of the LMDB.
        plan: What was to be written.
        data_bytes: Size of ``data.mdb``.
        lists: The lists of :class:`LmdbMeta` in its order; no copy of them is made.
    """
    entries = {"format": FORMAT, "version": VERSION, "complete": True, "checksum": CHECKSUM}
    entries |= asdict(plan) | {"data_bytes": data_bytes}
    lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in entries.items())
    with (
        atomic_path(path / META_FILE) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as file,
    ):
        file.write("{\n" + ",\n".join(lines))
        for key, values in lists.items():
            file.write(f",\n{json.dumps(key)}: [")
            for number, value in enumerate(values):
                file.write((", " if number else "") + json.dumps(value))
            file.write("]")
        file.write("\n}\n")


def read_meta(path: Path) -> LmdbMeta:
    """Read ``meta.json`` and check that the LMDB is complete.

    Raises:
        DataError: If it is incomplete, truncated, or has another format or version.
    """
    if not (path / META_FILE).is_file():
        if (path / PLAN_FILE).is_file():
            raise DataError(
                f"The LMDB {path} is incomplete (it has no {META_FILE}): run the interrupted "
                "`restorekit data lmdb` again; it continues where it stopped."
            )
        raise DataError(
            f"The LMDB {path} has neither a {META_FILE} (restorekit's) nor a meta_info.txt "
            "(BasicSR's): write it again with `restorekit data lmdb`."
        )
    meta = _parse(path)
    size = (path / DATA_FILE).stat().st_size if (path / DATA_FILE).is_file() else 0
    # Reading beyond the end of a mapped file kills the process.
    if size < meta.data_bytes:
        raise DataError(
            f"{path / DATA_FILE} is truncated ({size} of {meta.data_bytes} bytes): copy it again "
            "or write it again with `restorekit data lmdb`."
        )
    return meta


def read_plan(path: Path) -> Plan | None:
    """Return the plan of an incomplete LMDB, or None if ``path`` holds none."""
    file = path / PLAN_FILE
    if not file.is_file():
        return None
    return to_record(_read_json(file), Plan, str(file))


def _parse(path: Path) -> LmdbMeta:
    file = path / META_FILE
    content = _read_json(file)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DataError(f"{file} does not describe an LMDB of {FORMAT}: {_WRITE_AGAIN}.")
    if content.get("complete") is not True:
        raise DataError(f"{file} does not describe a complete LMDB: {_WRITE_AGAIN}.")
    if content.get("version") != VERSION:
        raise DataError(
            f"The LMDB {path} has version {short(content.get('version'))} of the format, this "
            f"program reads version {VERSION}: update restorekit or write the LMDB again."
        )
    # First alone: its keys stand beside the others in the file, and messages name them.
    to_record(content, Plan, str(file))
    meta = to_record({**content, "plan": content}, LmdbMeta, str(file))
    _check_lists(meta, file)
    return meta


def _check_lists(meta: LmdbMeta, file: Path) -> None:
    """Check that the lists have one entry for each pair, as far as they have any."""
    num_pairs, has_gt = meta.plan.num_pairs, meta.plan.file_layout == "pair"
    if meta.plan.encoding == "raw" and meta.plan.file_layout not in ("pair", "single"):
        raise DataError(
            f"{file}: file_layout must be pair or single with raw pixels, not "
            f"{meta.plan.file_layout}: {_WRITE_AGAIN}."
        )
    for key in ("names", "shapes", "lq_checksums", "gt_of", "gt_checksums"):
        wanted = 0 if key.startswith("gt") and not has_gt else num_pairs
        found = len(getattr(meta, key))
        if found != wanted:
            raise DataError(f"{file}: {key} has {found} entries, not {wanted}: {_WRITE_AGAIN}.")
    if any(gt >= num_pairs for gt in meta.gt_of):
        raise DataError(
            f"{file}: gt_of names pair {max(meta.gt_of)} of {num_pairs}: {_WRITE_AGAIN}."
        )


def _read_json(file: Path) -> Any:
    try:
        return msgspec.json.decode(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{file} cannot be read ({error}): {_WRITE_AGAIN}.") from error

"""Write an LMDB from any reader of pairs, so that little work is lost by a kill.

Threads read and decode (OpenCV and hashing release the interpreter's lock); the calling thread
writes. Pairs are committed in batches of a few megabytes, each pair with a record, so that
another run finds in the database which pairs are done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import lmdb
import msgspec
import numpy as np

from restorekit.datasets.readers.pairs import PairReader
from restorekit.errors import DataError
from restorekit.io.files import sole_writer, write_json
from restorekit.io.terminal import progress
from restorekit.io.threads import in_order

from .format import (
    DATA_FILE,
    META_FILE,
    PLAN_FILE,
    Encoding,
    Plan,
    Side,
    checksum,
    names_digest,
    read_meta,
    read_plan,
    value_key,
    write_meta,
)
from .mapping import LmdbValues

_FIRST_MAP_BYTES = 1 << 28
_BATCH_BYTES = 1 << 23


class Written(NamedTuple):
    """What :func:`write_lmdb` did.

    Attributes:
        num_pairs: Pairs in the LMDB.
        found: Pairs that an earlier run had written.
    """

    num_pairs: int
    found: int


class _Record(msgspec.Struct):
    """What is stored beside a pair."""

    shape: tuple[Side, Side]
    checksums: Annotated[list[str], msgspec.Meta(min_length=1, max_length=2)]


class _Records:
    """The records of all pairs, in 41 bytes for each.

    Attributes:
        images: Number of images of each pair; 0 where it has not been written.
        shapes: Heights and widths.
        checksums: Checksums of up to two images.
    """

    def __init__(self, num_pairs: int) -> None:
        self.images = np.zeros(num_pairs, np.uint8)
        self.shapes = np.zeros((num_pairs, 2), np.int32)
        self.checksums = np.zeros((num_pairs, 2, 16), np.uint8)

    def put(self, number: int, record: _Record) -> None:
        """Keep the record of a pair.

        Raises:
            ValueError: If a checksum is none.
        """
        for place, text in enumerate(record.checksums):
            data = bytes.fromhex(text)
            if len(data) != self.checksums.shape[2]:
                raise ValueError(f"{text!r:.80} is not a checksum")
            self.checksums[number, place] = np.frombuffer(data, np.uint8)
        self.shapes[number] = record.shape
        self.images[number] = len(record.checksums)

    def lists(self, names: list[str], gt_of: list[int]) -> dict[str, Iterable[Any]]:
        """Return the lists of ``meta.json``, whose entries are made when they are written."""
        two = bool((self.images == 2).all())
        return {
            "names": names,
            "shapes": (shape.tolist() for shape in self.shapes),
            "gt_of": gt_of if two else [],
            "lq_checksums": (sums[0].tobytes().hex() for sums in self.checksums),
            "gt_checksums": (sums[1].tobytes().hex() for sums in self.checksums) if two else [],
        }


class _Pair(NamedTuple):
    """A pair ready to be written: its values by part, and its record."""

    number: int
    values: dict[str, Any]
    record: _Record


def write_lmdb(
    reader: PairReader, path: Path, encoding: Encoding = "raw", workers: int | None = None
) -> Written:
    """Write all pairs of ``reader`` to an LMDB, or finish what an interrupted run began.

    Args:
        reader: Checked pairs (see :func:`restorekit.datasets.checks.checked`).
        path: Folder of the LMDB: new, empty, or begun by an interrupted run with the same pairs.
        encoding: ``raw`` stores pixels, which are fastest to read; ``encoded`` stores the files
            as they are, which are smallest. Images that come from no file are encoded as PNG.
        workers: Threads that read and decode; by default one for each core.

    Raises:
        DataError: If ``path`` holds something else, another process is writing there, a file
            cannot be read, or the disk is full.

    Example:
        >>> from restorekit.datasets import open_pairs
        >>> write_lmdb(open_pairs("data/mine", "test"), Path("test.lmdb"))
        Written(num_pairs=2, found=0)
    """
    plan = Plan(
        encoding=encoding,
        file_layout=_stored_layout(reader, encoding),
        source=reader.location,
        num_pairs=len(reader),
        names_digest=names_digest(reader.names),
    )
    if _prepare(path, plan):
        return Written(len(reader), len(reader))
    with sole_writer(path):
        return _write(reader, path, plan, workers)


def _write(reader: PairReader, path: Path, plan: Plan, workers: int | None) -> Written:
    encoding = plan.encoding
    gt_of = reader.first_with_same_gt()
    try:
        records = _read_records(path, len(reader))
        # Without LMDB's lock file, which is written through a map: on a full disk that kills the
        # process. sole_writer() locks the folder.
        environment = lmdb.open(str(path), map_size=_FIRST_MAP_BYTES, lock=False)
        with environment:
            todo = np.flatnonzero(records.images == 0).tolist()
            found = len(reader) - len(todo)
            pairs = in_order(lambda i: _load(reader, i, encoding, gt_of[i] == i), todo, workers)
            named = progress(pairs, f"writing {path}", total=len(todo))
            for batch in _batches(named):
                _commit(environment, batch)
                for pair in batch:
                    records.put(pair.number, pair.record)
    except lmdb.Error as error:
        raise DataError(
            f"The LMDB {path} could not be written ({error}): make room for it and run the same "
            "command again; it continues where it stopped."
        ) from error
    data_bytes = (path / DATA_FILE).stat().st_size
    write_meta(path, plan, data_bytes, records.lists(reader.names, gt_of))
    (path / PLAN_FILE).unlink(missing_ok=True)
    return Written(len(reader), found)


def _stored_layout(reader: PairReader, encoding: Encoding) -> str:
    # Raw pixels of a file with both images are stored as the two images they are.
    return "pair" if encoding == "raw" and reader.file_layout != "single" else reader.file_layout


def _prepare(path: Path, plan: Plan) -> bool:
    """Prepare the folder for writing; return whether the LMDB is already complete."""
    if (path / META_FILE).is_file():
        if read_meta(path).plan == plan:
            return True
        raise DataError(
            f"{path} is a complete LMDB of other pairs or of another encoding: remove it or "
            "choose another folder."
        )
    earlier = read_plan(path)
    if earlier is None:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise DataError(
                f"{path} is not empty and not an LMDB of restorekit: choose another folder."
            )
        write_json(path / PLAN_FILE, asdict(plan))
    elif earlier != plan:
        differing = [
            f"{key} {old!r} instead of {asdict(plan)[key]!r}"
            for key, old in asdict(earlier).items()
            if old != asdict(plan)[key]
        ]
        raise DataError(
            f"{path} is an incomplete LMDB of something else ({', '.join(differing)}): remove it "
            "or choose another folder."
        )
    return False


def _load(reader: PairReader, index: int, encoding: Encoding, with_gt: bool) -> _Pair:
    """Read a pair; runs in a thread of the pool."""
    lq, gt = reader.read(index)
    if (gt is None) != (reader.file_layout == "single"):
        raise DataError(
            f"{reader.location} has images with and, like {reader.label(index)}, without a clean "
            "version (or the other way round): write them to LMDBs of their own."
        )
    values: list[Any]
    if encoding == "raw":
        values = [np.ascontiguousarray(image) for image in (lq, gt) if image is not None]
    else:
        # The images were decoded above all the same: nothing unreadable is stored.
        values = reader.files(index)
    height, width = lq.shape[:2]
    record = _Record((height, width), [checksum(value) for value in values])
    parts = dict(zip(("lq", "gt"), values, strict=False))
    if not with_gt:
        parts.pop("gt", None)
    return _Pair(index, parts, record)


def _batches(pairs: Iterable[_Pair]) -> Iterator[list[_Pair]]:
    batch: list[_Pair] = []
    size = 0
    for pair in pairs:
        batch.append(pair)
        size += sum(memoryview(value).nbytes for value in pair.values.values())
        if size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _commit(environment: Any, batch: list[_Pair]) -> None:
    """Write a batch in one transaction, with as much room as it needs."""
    try:
        with environment.begin(write=True) as transaction:
            for pair in batch:
                for part, value in pair.values.items():
                    transaction.put(value_key(pair.number, part), value)
                record = msgspec.json.encode(pair.record)
                transaction.put(value_key(pair.number, "record"), record)
    except lmdb.MapFullError:
        environment.set_mapsize(2 * environment.info()["map_size"])
        _commit(environment, batch)


def _read_records(path: Path, num_pairs: int) -> _Records:
    """Return what an earlier run wrote, if its file can be written on."""
    records = _Records(num_pairs)
    if not (path / DATA_FILE).exists():
        return records
    values = LmdbValues(path)
    try:
        values.file.check()
        for number in range(num_pairs):
            data = values.get(value_key(number, "record"))
            if data is not None:
                records.put(number, msgspec.json.decode(data, type=_Record))
    except (DataError, ValueError) as error:
        raise DataError(
            f"The incomplete LMDB {path} cannot be continued ({error}): remove it and run the "
            "same command again."
        ) from error
    return records

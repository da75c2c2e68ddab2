"""Decode a split completely: what it contains, and what is wrong with single pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from restorekit.datasets.layouts.rain_side import rain_evidence
from restorekit.datasets.lmdb.reader import LmdbPairs
from restorekit.datasets.readers.pairs import PairReader
from restorekit.errors import DataError
from restorekit.io.fingerprint import dataset_fingerprint, image_digest
from restorekit.io.images import Image, inspect_image
from restorekit.io.terminal import progress
from restorekit.io.threads import in_order

_Shared = TypeVar("_Shared", bound=tuple[object, ...])


@dataclass(frozen=True, slots=True)
class PairFacts:
    """Facts about a pair, in a few hundred bytes: there may be a million of them.

    Attributes:
        name: Its name.
        problem: Why it cannot be used; empty if it can. The other facts are known only then.
        size: Width and height.
        digest: :func:`restorekit.io.fingerprint.image_digest` of its images.
        lq_digest: The first half of the digest of the rainy image alone.
        gt_digest: That of the clean image alone; empty if there is none.
        evidence: :func:`~restorekit.datasets.layouts.rain_side.rain_evidence` of the pair; None
            without a clean image.
        formats: Formats of its files (``PNG``, ``JPEG``, …); empty for pixels of an LMDB.
    """

    name: str
    problem: str = ""
    size: tuple[int, int] = (0, 0)
    digest: str = ""
    lq_digest: bytes = b""
    gt_digest: bytes = b""
    evidence: float | None = None
    formats: tuple[str, ...] = ()


@dataclass(frozen=True)
class SplitFacts:
    """Facts about a split.

    Attributes:
        location: Its folder or LMDB.
        pairs: Its pairs.
        findings: Problems outside its pairs, such as missing partners.
    """

    location: str
    pairs: tuple[PairFacts, ...]
    findings: tuple[str, ...] = ()

    @property
    def usable(self) -> list[PairFacts]:
        """The pairs without a problem."""
        return [pair for pair in self.pairs if not pair.problem]

    @property
    def fingerprint(self) -> str:
        """The fingerprint; empty if a pair cannot be read."""
        usable = self.usable
        if len(usable) < len(self.pairs):
            return ""
        return dataset_fingerprint(pair.digest for pair in usable)


def examine(reader: PairReader, description: str, workers: int | None = None) -> SplitFacts:
    """Decode every pair of a split, in threads.

    Args:
        reader: The pairs.
        description: Label of the progress bar.
        workers: Threads; by default one for each core.
    """
    seen: Iterator[PairFacts] = in_order(lambda i: _look(reader, i), range(len(reader)), workers)
    pairs = tuple(progress(seen, description, total=len(reader)))
    return SplitFacts(reader.location, pairs, tuple(reader.findings))


def _look(reader: PairReader, index: int) -> PairFacts:
    name = reader.names[index]
    try:
        height, width = reader.size(index)
        lq, gt = reader.read(index)
    except DataError as error:
        return PairFacts(name, problem=str(error).rstrip("."))
    return PairFacts(
        name=name,
        size=_shared((width, height)),
        digest=image_digest(lq) if gt is None else image_digest(lq, gt),
        lq_digest=_half_digest(lq),
        gt_digest=b"" if gt is None else _half_digest(gt),
        evidence=None if gt is None else rain_evidence(lq, gt),
        formats=_shared(_formats(reader, index)),
    )


def _half_digest(image: Image) -> bytes:
    return bytes.fromhex(image_digest(image))[:16]


@lru_cache(maxsize=4096)
def _shared(value: _Shared) -> _Shared:
    """Return one object for all equal values."""
    return value


def _formats(reader: PairReader, index: int) -> tuple[str, ...]:
    paths = reader.paths(index)
    if paths is not None:
        return tuple(inspect_image(path).format for path in paths)
    if isinstance(reader, LmdbPairs) and reader.encoding == "encoded":
        return tuple(inspect_image(data).format for data in reader.files(index))
    return ()

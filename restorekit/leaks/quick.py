"""A search for leaks with a time limit: of large datasets it compares a random sample."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, product

import numpy as np

from restorekit.datasets.readers.pairs import PairReader
from restorekit.io.threads import in_order

from .search import THRESHOLD, TRAIN_GROUP, BackgroundSearch
from .thumbnails import Thumbnail, thumbnail

#: An image: the number of its reader, and its index there.
Position = tuple[int, int]
_THREADS = 8


@dataclass(frozen=True)
class QuickLook:
    """What was found within the time.

    Attributes:
        leaks: Pairs of a training and a test image that show the same photograph.
        train_seen: Number of training images that were compared.
        test_seen: Number of test images that were compared.
    """

    leaks: Sequence[tuple[Position, Position]]
    train_seen: int
    test_seen: int


def quick_look(
    train: Sequence[PairReader], test: Sequence[PairReader], seconds: float
) -> QuickLook:
    """Compare datasets until the time is up.

    Images come in a random order, the same each time. Reading test images takes at most half of
    the time.

    Args:
        train: Training sets.
        test: Test sets.
        seconds: How long the comparison may take.

    Raises:
        DataError: If an image cannot be decoded.
    """
    start = time.monotonic()
    tests, trains = _Shuffled(test), _Shuffled(train)
    thumbnails = list(chain.from_iterable(tests.groups(start + seconds / 2)))
    clean = all(reader.file_layout != "single" for reader in chain(train, test))
    search = BackgroundSearch(thumbnails, clean=clean)
    leaks: list[tuple[Position, Position]] = []
    seen = 0
    for group in trains.groups(start + seconds):
        for match in search.find(group):
            if match.score >= THRESHOLD:
                leaks += product(trains.members(seen + match.train), tests.members(match.test))
        seen += len(group)
    return QuickLook(sorted(leaks), trains.num_images(seen), tests.num_images(len(thumbnails)))


class _Shuffled:
    """The distinct backgrounds of several datasets in a random order."""

    def __init__(self, readers: Sequence[PairReader]) -> None:
        self._readers = readers
        sharing: dict[Position, list[Position]] = {}
        for number, reader in enumerate(readers):
            for index, first in enumerate(reader.first_with_same_gt()):
                sharing.setdefault((number, first), []).append((number, index))
        groups = list(sharing.values())
        self._members = [groups[i] for i in np.random.default_rng(0).permutation(len(groups))]

    def members(self, position: int) -> list[Position]:
        """Return the images that share the background at a position in the order."""
        return self._members[position]

    def num_images(self, positions: int) -> int:
        """Return the number of images with one of the first backgrounds in the order."""
        return sum(map(len, self._members[:positions]))

    def groups(self, deadline: float) -> Iterator[list[Thumbnail]]:
        """Yield the thumbnails in order, in groups; at least one thumbnail in total."""
        firsts = (group[0] for group in self._members)
        group: list[Thumbnail] = []
        for image in in_order(self._thumbnail, firsts, _THREADS):
            group.append(image)
            late = time.monotonic() > deadline
            if late or len(group) == TRAIN_GROUP:
                yield group
                group = []
            if late:
                return
        if group:
            yield group

    def _thumbnail(self, image: Position) -> Thumbnail:
        number, index = image
        return thumbnail(self._readers[number].background(index))

"""A search for leaks that ends in time: of what it cannot read by then, a sample."""

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

#: An image: the number of its reader, and its place in it.
Place = tuple[int, int]
_THREADS = 8


@dataclass(frozen=True)
class QuickLook:
    """What was found in the time that there was.

    Attributes:
        leaks: Training image and test image of each two that show one photograph.
        train_seen: How many training images were compared.
        test_seen: How many test images were.
    """

    leaks: Sequence[tuple[Place, Place]]
    train_seen: int
    test_seen: int


def quick_look(
    train: Sequence[PairReader], test: Sequence[PairReader], seconds: float
) -> QuickLook:
    """Compare datasets until the time is over.

    Images are taken in a random order, the same each time. At most half of the time goes into
    reading the test images.

    Args:
        train: Datasets that are trained on.
        test: Datasets that are tested on.
        seconds: How long it may take.

    Raises:
        DataError: If an image cannot be decoded.
    """
    start = time.monotonic()
    tests, trains = _Shuffled(test), _Shuffled(train)
    thumbnails = list(chain.from_iterable(tests.groups(start + seconds / 2)))
    clean = all(reader.file_layout != "single" for reader in chain(train, test))
    search = BackgroundSearch(thumbnails, clean=clean)
    leaks: list[tuple[Place, Place]] = []
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
        sharing: dict[Place, list[Place]] = {}
        for number, reader in enumerate(readers):
            for place, first in enumerate(reader.first_with_same_gt()):
                sharing.setdefault((number, first), []).append((number, place))
        groups = list(sharing.values())
        self._members = [groups[i] for i in np.random.default_rng(0).permutation(len(groups))]

    def members(self, position: int) -> list[Place]:
        """Return the images that share the background at a position in the order."""
        return self._members[position]

    def num_images(self, positions: int) -> int:
        """Return how many images have the first so many backgrounds."""
        return sum(map(len, self._members[:positions]))

    def groups(self, deadline: float) -> Iterator[list[Thumbnail]]:
        """Yield the thumbnails in order, some at a time, at least one in all."""
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

    def _thumbnail(self, image: Place) -> Thumbnail:
        number, place = image
        return thumbnail(self._readers[number].background(place))

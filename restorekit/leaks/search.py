"""Search for backgrounds that two datasets share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from restorekit.datasets.readers.pairs import PairReader
from restorekit.io.terminal import progress
from restorekit.io.threads import in_order

from .agreement import agreement
from .alignment import overlay
from .candidates import Candidate, CandidateFinder, oriented
from .thumbnails import Backgrounds, Thumbnail, read_backgrounds

#: Score from which two images count as sharing their background.
THRESHOLD = 0.5
#: Similarity of two windows from which they are compared closely. Few pairs of different
#: photographs reach it (0.4 % in BSDS500), and nearly all copies do, with or without rain.
_CANDIDATE = 0.55
_TEST_GROUP, TRAIN_GROUP = 128, 64
#: Test images that are described at a time, which takes a quarter of a megabyte for each.
_TEST_BLOCK = 4 * _TEST_GROUP


@dataclass(frozen=True)
class Leak:
    """An image of the training set and one of the test set that show the same photograph.

    Attributes:
        train: Label of the training image: the path of its file.
        test: Label of the test image.
        score: Certainty, 0 to 1.
    """

    train: str
    test: str
    score: float


@dataclass(frozen=True)
class Match:
    """Two thumbnails, by index, that may show the same photograph, and their score."""

    train: int
    test: int
    score: float


class BackgroundSearch:
    """Look for training images among the backgrounds of a test set.

    Args:
        test: Thumbnails of the test set.
        clean: Whether both sets are known to be free of rain.
    """

    def __init__(self, test: Sequence[Thumbnail], *, clean: bool) -> None:
        self._test = test
        self._clean = clean
        self._finders = [
            CandidateFinder(test[start : start + _TEST_GROUP])
            for start in range(0, len(test), _TEST_GROUP)
        ]

    def find(self, train: Sequence[Thumbnail]) -> list[Match]:
        """Return the matches of at most :data:`TRAIN_GROUP` training images.

        It may run in several threads at once.
        """
        matches = []
        for number, finder in enumerate(self._finders):
            start = number * _TEST_GROUP
            for candidate in finder.find(train, _CANDIDATE):
                index = start + candidate.test
                score = self._score(train[candidate.train], self._test[index], candidate)
                matches.append(Match(candidate.train, index, score))
        return matches

    def _score(self, train: Thumbnail, test: Thumbnail, candidate: Candidate) -> float:
        turned = oriented(test, candidate.orientation)
        smaller, larger = (train, turned) if candidate.test_is_larger else (turned, train)
        agreed = agreement(*overlay(smaller, larger, candidate.window))
        # Rounded, so that the last bits do not depend on the processor.
        return round(agreed.score(clean=self._clean), 4)


def find_leaks(
    train: PairReader,
    test: PairReader,
    threshold: float = THRESHOLD,
    workers: int | None = None,
) -> list[Leak]:
    """Find the images of a training and a test set that show the same photograph.

    Clean images are compared where there are pairs, and photographs otherwise. Given the same
    reader twice, it finds the images that occur more than once.

    Args:
        train: Training images.
        test: Test images.
        threshold: Score from which two images are reported, above 0 and at most 1.
        workers: Threads; by default one for each core.

    Returns:
        The most certain first.

    Raises:
        DataError: If an image cannot be decoded.
    """
    backgrounds = read_backgrounds(train, workers)
    others = backgrounds if test is train else read_backgrounds(test, workers)
    return compare(backgrounds, others, threshold, workers)


def compare(
    train: Backgrounds,
    test: Backgrounds,
    threshold: float = THRESHOLD,
    workers: int | None = None,
) -> list[Leak]:
    """Compare two datasets that were read; see :func:`find_leaks`."""
    starts = range(0, len(train.thumbnails), TRAIN_GROUP)
    blocks = range(0, len(test.thumbnails), _TEST_BLOCK)
    leaks: list[Leak] = []
    what = f"comparing {train.num_images:,} with {test.num_images:,} images"
    found = progress(_matches(train, test, workers), what, total=len(starts) * len(blocks))
    for (block, start), matches in zip(product(blocks, starts), found, strict=True):
        for match in matches:
            if match.score >= threshold:
                pairs = _images(train, start + match.train, test, block + match.test)
                leaks += [Leak(one, other, match.score) for one, other in pairs]
    return sorted(leaks, key=lambda leak: (-leak.score, leak.test, leak.train))


def _matches(train: Backgrounds, test: Backgrounds, workers: int | None) -> Iterator[list[Match]]:
    """Yield the matches of each block of test images with each group of training images."""
    for block in range(0, len(test.thumbnails), _TEST_BLOCK):
        described = BackgroundSearch(
            test.thumbnails[block : block + _TEST_BLOCK], clean=train.clean and test.clean
        )
        starts = range(0, len(train.thumbnails), TRAIN_GROUP)
        groups = (train.thumbnails[start : start + TRAIN_GROUP] for start in starts)
        yield from in_order(described.find, groups, workers)


def _images(
    train: Backgrounds, index: int, test: Backgrounds, other: int
) -> Iterator[tuple[str, str]]:
    """Yield pairs of images of two backgrounds; within one dataset each pair once."""
    if train is not test:
        yield from product(train.members(index), test.members(other))
    elif index == other:
        yield from combinations(train.members(index), 2)
    elif index < other:
        yield from product(train.members(index), test.members(other))

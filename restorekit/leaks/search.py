"""The search for backgrounds that two datasets share."""

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

#: Score from which two images share their background.
THRESHOLD = 0.5
#: Similarity of two windows from which they are looked at closely. Few pairs of different
#: photographs reach it (0.4 % in BSDS500), and nearly all copies do, rain or no rain.
_CANDIDATE = 0.55
_TEST_GROUP, TRAIN_GROUP = 128, 64


@dataclass(frozen=True)
class Leak:
    """An image of the training set and one of the test set that show the same photograph.

    Attributes:
        train: Label of the one: the path of its file.
        test: Label of the other.
        score: How sure that is, 0 to 1.
    """

    train: str
    test: str
    score: float


@dataclass(frozen=True)
class Match:
    """Two thumbnails that may show the same photograph, by their places, and their score."""

    train: int
    test: int
    score: float


class BackgroundSearch:
    """Looks for training images among the backgrounds of a test set.

    Args:
        test: Thumbnails of the test set.
        clean: Whether both sets are known to be without rain.
    """

    def __init__(self, test: Sequence[Thumbnail], *, clean: bool) -> None:
        self._test = test
        self._clean = clean
        self._finders = [
            CandidateFinder(test[start : start + _TEST_GROUP])
            for start in range(0, len(test), _TEST_GROUP)
        ]

    def find(self, train: Sequence[Thumbnail]) -> list[Match]:
        """Return the matches of some training images, :data:`TRAIN_GROUP` of them at the most.

        It may run in several threads at once.
        """
        matches = []
        for number, finder in enumerate(self._finders):
            start = number * _TEST_GROUP
            for candidate in finder.find(train, _CANDIDATE):
                place = start + candidate.test
                score = self._score(train[candidate.train], self._test[place], candidate)
                matches.append(Match(candidate.train, place, score))
        return matches

    def _score(self, train: Thumbnail, test: Thumbnail, candidate: Candidate) -> float:
        turned = oriented(test, candidate.orientation)
        smaller, larger = (train, turned) if candidate.test_is_larger else (turned, train)
        agreed = agreement(*overlay(smaller, larger, candidate.window))
        # Rounded, so that the last bits of another processor's mathematics do not show.
        return round(agreed.score(clean=self._clean), 4)


def find_leaks(
    train: PairReader,
    test: PairReader,
    threshold: float = THRESHOLD,
    workers: int | None = None,
) -> list[Leak]:
    """Find the images of a training and a test set that show the same photograph.

    Of pairs the clean images are compared, of other images themselves. Given one and the same
    reader twice, it finds the images that are there more than once.

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
    """Find what two datasets share that were read; see :func:`find_leaks`."""
    search = BackgroundSearch(test.thumbnails, clean=train.clean and test.clean)
    starts = range(0, len(train.thumbnails), TRAIN_GROUP)
    groups = (train.thumbnails[start : start + TRAIN_GROUP] for start in starts)
    found = in_order(search.find, groups, workers)
    leaks: list[Leak] = []
    what = f"comparing {train.num_images:,} with {test.num_images:,} images"
    for start, matches in zip(starts, progress(found, what, total=len(starts)), strict=True):
        for match in matches:
            if match.score >= threshold:
                place = start + match.train
                pairs = _images(train, place, test, match.test)
                leaks += [Leak(one, other, match.score) for one, other in pairs]
    return sorted(leaks, key=lambda leak: (-leak.score, leak.test, leak.train))


def _images(
    train: Backgrounds, place: int, test: Backgrounds, other: int
) -> Iterator[tuple[str, str]]:
    """Yield the images of two backgrounds; within one dataset each two of them once."""
    if train is not test:
        yield from product(train.members[place], test.members[other])
    elif place == other:
        yield from combinations(train.members[place], 2)
    elif place < other:
        yield from product(train.members[place], test.members[other])

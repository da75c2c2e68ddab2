"""Which backgrounds may be the same: all images compared with all, window by window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .thumbnails import Thumbnail
from .windows import Window, describe, windows

#: Mirrorings and rotations in which whole images are compared …
_ORIENTATIONS = range(8)
#: … and those in which windows are, of which there are hundreds: as it is, and mirrored.
_WINDOW_ORIENTATIONS = (0, 4)
#: How much wider or narrower a resized copy may have become; a photograph of 16:9 that was made
#: square is within it.
_MOST_DISTORTION = 1.9


@dataclass(frozen=True)
class Candidate:
    """Two backgrounds that may be the same.

    Attributes:
        train: Place of the one among the training images that were given.
        test: Place of the other among the test images.
        similarity: Of the whole of one to a window of the other, at most 1.
        orientation: How the test image has to be turned; see :func:`oriented`.
        window: Where in the larger image the other one lies.
        test_is_larger: Whether it is the test image that shows more.
    """

    train: int
    test: int
    similarity: float
    orientation: int
    window: Window
    test_is_larger: bool


def oriented(image: Thumbnail, orientation: int) -> Thumbnail:
    """Turn an image by 90° × ``orientation``; 4 to 7 mirror it left to right afterwards."""
    turned = np.rot90(image, orientation % 4)
    return np.ascontiguousarray(turned[:, ::-1] if orientation >= 4 else turned)


class _Views:
    """Described images.

    Attributes:
        whole: Whether only whole images are described, and no windows.
        vectors: (images, windows, numbers).
        shapes: Logarithm of width to height, (images, windows).
    """

    def __init__(self, images: Sequence[Thumbnail], whole: bool = False) -> None:
        self.whole = whole
        self.vectors = np.stack([describe(image, whole=whole) for image in images])
        bounds = np.array(windows()[: self.vectors.shape[1]])
        shares = np.log((bounds[:, 3] - bounds[:, 2]) / (bounds[:, 1] - bounds[:, 0]))
        self.shapes = shares + [[np.log(image.shape[1] / image.shape[0])] for image in images]


class CandidateFinder:
    """Compares any number of training images with the same test images.

    Args:
        test: The test images; about a hundred at once are compared fastest.
    """

    def __init__(self, test: Sequence[Thumbnail]) -> None:
        self._test = []
        for orientation in _ORIENTATIONS:
            whole = orientation not in _WINDOW_ORIENTATIONS
            self._test.append(_Views([oriented(image, orientation) for image in test], whole))

    def find(self, train: Sequence[Thumbnail], least: float) -> list[Candidate]:
        """Return the most similar view of every two images that are similar enough.

        Args:
            train: Training images; a few dozen at once are compared fastest.
            least: Similarity from which two are candidates.
        """
        views = _Views(train)
        best: dict[tuple[int, int], Candidate] = {}
        for candidate in self._above(views, least):
            key = (candidate.train, candidate.test)
            if key not in best or candidate.similarity > best[key].similarity:
                best[key] = candidate
        return [best[key] for key in sorted(best)]

    def _above(self, train: _Views, least: float) -> Iterator[Candidate]:
        for orientation, test in enumerate(self._test):
            for one, other, window, similarity in _alike(test, train, least, test.whole):
                yield Candidate(other, one, similarity, orientation, window, False)
            if not test.whole:
                for one, other, window, similarity in _alike(train, test, least):
                    yield Candidate(one, other, similarity, orientation, window, True)


def _alike(
    images: _Views, larger: _Views, least: float, whole: bool = False
) -> Iterator[tuple[int, int, Window, float]]:
    """Yield which image, as a whole, is like which other one's window most."""
    vectors = larger.vectors[:, :1] if whole else larger.vectors
    count, number, length = vectors.shape
    similarity = images.vectors[:, 0] @ vectors.reshape(-1, length).T
    similarity = similarity.reshape(-1, count, number)
    for one, other in np.argwhere(similarity.max(axis=2) > least):
        distortion = np.abs(images.shapes[one, 0] - larger.shapes[other, :number])
        possible = np.where(distortion < np.log(_MOST_DISTORTION), similarity[one, other], 0)
        window = int(possible.argmax())
        if possible[window] > least:
            yield int(one), int(other), windows()[window], float(possible[window])

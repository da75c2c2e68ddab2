"""Find backgrounds that may be the same: all images are compared with all, window by window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .thumbnails import Thumbnail
from .windows import Window, describe, windows

#: Mirrorings and rotations in which whole images are compared.
_ORIENTATIONS = range(8)
#: Those in which windows are compared, of which there are hundreds: as they are, and mirrored.
_WINDOW_ORIENTATIONS = (0, 4)
#: How much wider or narrower a resized copy may be; it allows for 16:9 made square.
_MOST_DISTORTION = 1.9


@dataclass(frozen=True)
class Candidate:
    """Two backgrounds that may be the same.

    Attributes:
        train: Index of the training image.
        test: Index of the test image.
        similarity: Similarity of one whole image to a window of the other, at most 1.
        orientation: How to turn the test image; see :func:`oriented`.
        window: Position of the smaller image in the larger one.
        test_is_larger: Whether the test image shows more.
    """

    train: int
    test: int
    similarity: float
    orientation: int
    window: Window
    test_is_larger: bool


def oriented(image: Thumbnail, orientation: int) -> Thumbnail:
    """Rotate an image by 90° × ``orientation``; 4 to 7 mirror it left to right afterwards."""
    rotated = np.rot90(image, orientation % 4)
    return np.ascontiguousarray(rotated[:, ::-1] if orientation >= 4 else rotated)


class _Views:
    """Descriptions of images.

    Attributes:
        whole: Whether only whole images are described, and no windows.
        vectors: Descriptions, (images, windows, numbers).
        shapes: Logarithm of width over height, (images, windows).
    """

    def __init__(self, images: Sequence[Thumbnail], whole: bool = False) -> None:
        self.whole = whole
        self.vectors = np.stack([describe(image, whole=whole) for image in images])
        bounds = np.array(windows()[: self.vectors.shape[1]])
        shares = np.log((bounds[:, 3] - bounds[:, 2]) / (bounds[:, 1] - bounds[:, 0]))
        self.shapes = shares + [[np.log(image.shape[1] / image.shape[0])] for image in images]


class CandidateFinder:
    """Compare any number of training images with the same test images.

    Args:
        test: The test images; about a hundred at a time are fastest.
    """

    def __init__(self, test: Sequence[Thumbnail]) -> None:
        self._test = []
        for orientation in _ORIENTATIONS:
            whole = orientation not in _WINDOW_ORIENTATIONS
            self._test.append(_Views([oriented(image, orientation) for image in test], whole))

    def find(self, train: Sequence[Thumbnail], least: float) -> list[Candidate]:
        """Return, for every two images that are similar enough, their most similar view.

        Args:
            train: Training images; a few dozen at a time are fastest.
            least: Similarity from which two images are candidates.
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
            for one, other, window, similarity in _similar(test, train, least, test.whole):
                yield Candidate(other, one, similarity, orientation, window, False)
            if not test.whole:
                for one, other, window, similarity in _similar(train, test, least):
                    yield Candidate(one, other, similarity, orientation, window, True)


def _similar(
    images: _Views, larger: _Views, least: float, whole: bool = False
) -> Iterator[tuple[int, int, Window, float]]:
    """Yield images, each as a whole, with the most similar window of another image."""
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

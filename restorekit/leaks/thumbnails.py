"""Thumbnails: the small grey versions of images by which backgrounds are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from restorekit.datasets.readers.pairs import PairReader
from restorekit.io.images import Image
from restorekit.io.terminal import progress
from restorekit.io.threads import in_order

#: Longer side of a thumbnail. In photographs of usual sizes its pixels are larger than streaks of
#: rain are wide.
LONGER_SIDE = 128
#: Smallest shorter side, for panoramas.
_SHORTER_SIDE = 16

#: uint8, (h, w), grey.
Thumbnail = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Backgrounds:
    """The distinct backgrounds of a dataset.

    Attributes:
        location: The dataset, for messages.
        thumbnails: One for each background.
        members: Labels of the images with each background: the rainy versions of a clean image,
            and its copies.
        clean: Whether the thumbnails are known to be free of rain.
    """

    location: str
    thumbnails: Sequence[Thumbnail]
    members: Sequence[Sequence[str]]
    clean: bool

    @property
    def num_images(self) -> int:
        """Number of images, copies included."""
        return sum(map(len, self.members))


def thumbnail(image: Image) -> Thumbnail:
    """Return the grey image, reduced (never enlarged) by averaging.

    Args:
        image: uint8, (H, W, 3), RGB.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    scale = min(1.0, LONGER_SIDE / max(height, width))
    size = [max(min(side, _SHORTER_SIDE), round(side * scale)) for side in (width, height)]
    small: Thumbnail = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return small


def read_backgrounds(reader: PairReader, workers: int | None = None) -> Backgrounds:
    """Read a whole dataset: the clean images of pairs, or photographs.

    Args:
        reader: The images.
        workers: Threads that decode; by default one for each core.

    Raises:
        DataError: If an image cannot be decoded.
    """
    labels: dict[int, list[str]] = {}
    for index, first in enumerate(reader.first_with_same_gt()):
        labels.setdefault(first, []).append(reader.label(index))
    made = in_order(lambda index: thumbnail(reader.background(index)), labels, workers)
    thumbnails = list(progress(made, f"reading {reader.location}", total=len(labels)))
    clean = reader.file_layout != "single"
    return _gather(reader.location, thumbnails, list(labels.values()), clean)


def _gather(
    location: str,
    thumbnails: Sequence[Thumbnail],
    labels: Sequence[Sequence[str]],
    clean: bool,
) -> Backgrounds:
    """Group images with exactly the same thumbnail.

    Args:
        location: The dataset, for messages.
        thumbnails: Thumbnails of its images.
        labels: For each thumbnail the images that it represents.
        clean: Whether the images are known to be free of rain.
    """
    index_of: dict[tuple[tuple[int, ...], bytes], int] = {}
    distinct: list[Thumbnail] = []
    members: list[list[str]] = []
    for image, names in zip(thumbnails, labels, strict=True):
        index = index_of.setdefault((image.shape, image.tobytes()), len(distinct))
        if index == len(distinct):
            distinct.append(image)
            members.append([])
        members[index] += names
    return Backgrounds(location, distinct, members, clean)

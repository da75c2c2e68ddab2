"""What is kept of an image to compare its background: a small grey version of it."""

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

#: Longer side of a thumbnail. In photographs of usual sizes streaks of rain are thinner than
#: its pixels.
LONGER_SIDE = 128
#: Shorter side at least, so that of a panorama something is left.
_SHORTER_SIDE = 16

#: uint8, (h, w), grey.
Thumbnail = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Backgrounds:
    """The distinct backgrounds of a dataset.

    Attributes:
        location: The dataset, for messages.
        thumbnails: One of each background.
        members: Labels of the images that have it: all rainy versions of a clean image, and
            its copies.
        clean: Whether the thumbnails are known to be without rain.
    """

    location: str
    thumbnails: Sequence[Thumbnail]
    members: Sequence[Sequence[str]]
    clean: bool

    @property
    def num_images(self) -> int:
        """How many images there are, copies included."""
        return sum(map(len, self.members))


def thumbnail(image: Image) -> Thumbnail:
    """Return the grey image, made smaller (never larger) by averaging.

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
    """Read a whole dataset: of pairs the clean images, of other images themselves.

    Args:
        reader: The images.
        workers: Threads that decode; by default one for each core.

    Raises:
        DataError: If an image cannot be decoded.
    """
    labels: dict[int, list[str]] = {}
    for place, first in enumerate(reader.first_with_same_gt()):
        labels.setdefault(first, []).append(reader.label(place))
    places = list(labels)
    made = in_order(lambda place: thumbnail(reader.background(place)), places, workers)
    thumbnails = list(progress(made, f"reading {reader.location}", total=len(places)))
    clean = reader.file_layout != "single"
    return _gather(reader.location, thumbnails, [labels[place] for place in places], clean)


def _gather(
    location: str,
    thumbnails: Sequence[Thumbnail],
    labels: Sequence[Sequence[str]],
    clean: bool,
) -> Backgrounds:
    """Put images that have exactly the same thumbnail together.

    Args:
        location: The dataset, for messages.
        thumbnails: Of its images.
        labels: For each of them the images that it stands for.
        clean: Whether they are known to be without rain.
    """
    place_of: dict[tuple[tuple[int, ...], bytes], int] = {}
    distinct: list[Thumbnail] = []
    members: list[list[str]] = []
    for image, names in zip(thumbnails, labels, strict=True):
        place = place_of.setdefault((image.shape, image.tobytes()), len(distinct))
        if place == len(distinct):
            distinct.append(image)
            members.append([])
        members[place] += names
    return Backgrounds(location, distinct, members, clean)

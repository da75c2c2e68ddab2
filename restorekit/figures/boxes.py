"""The boxes of a comparison figure: which part of an image is shown enlarged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from restorekit.errors import ConfigError
from restorekit.io.images import Image

#: Stands for the box that :func:`most_different` finds.
AUTO = "auto"
#: An automatic box is the image's width divided by this, and 3:2.
_PART = 4
_SMALLEST = 8


class Box(NamedTuple):
    """A rectangle of pixels; ``x`` and ``y`` are those of its upper left pixel, from 0.

    Example:
        >>> box = Box(x=10, y=4, width=24, height=16)
        >>> box.cut(clean).shape
        (16, 24, 3)
    """

    x: int
    y: int
    width: int
    height: int

    def __str__(self) -> str:
        return ",".join(map(str, self))

    def cut(self, image: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Return the pixels of an array (H, W, …) inside the box."""
        return image[self.y : self.y + self.height, self.x : self.x + self.width]

    def require_inside(self, size: tuple[int, int], name: str) -> None:
        """Refuse a box that leaves an image.

        Args:
            size: Height and width of the image.
            name: Name of the image.

        Raises:
            ConfigError: If it does.
        """
        height, width = size
        if self.x + self.width > width or self.y + self.height > height:
            raise ConfigError(
                f"The crop {self} leaves the image {name}, which is {width}×{height} pixels: "
                "give x,y,width,height inside it."
            )


def parse_box(text: str) -> Box | str:
    """Return the box that ``x,y,width,height`` describes; return ``auto`` unchanged.

    Raises:
        ConfigError: If it means neither.
    """
    if text == AUTO:
        return AUTO
    found = re.fullmatch(r"(\d+),(\d+),(\d+),(\d+)", text.replace(" ", ""))
    box = Box(*map(int, found.groups())) if found else None
    if box is None or not box.width or not box.height:
        raise ConfigError(
            f"The crop {text!r} must be x,y,width,height in whole pixels, such as 120,40,96,64, "
            f"or {AUTO}."
        )
    return box


def difference(images: Sequence[Image]) -> npt.NDArray[np.float32]:
    """Return at each pixel the range of several images, the mean over the channels.

    Args:
        images: Images of one size, (H, W, 3), uint8.

    Returns:
        (H, W), in levels from 0 to 255.
    """
    highest, lowest = images[0].copy(), images[0].copy()
    for image in images[1:]:
        np.maximum(highest, image, out=highest)
        np.minimum(lowest, image, out=lowest)
    result: npt.NDArray[np.float32] = (highest - lowest).mean(axis=2, dtype=np.float32)
    return result


def most_different(images: Sequence[Image]) -> Box:
    """Return the box in which the mean of :func:`difference` is largest.

    It is a quarter of the image wide and 3:2. Of equal ones, the first from the top is taken.
    """
    height, width = images[0].shape[:2]
    box_width = min(width, max(_SMALLEST, round(width / _PART)))
    box_height = min(height, max(_SMALLEST, round(box_width * 2 / 3)))
    sums = cv2.integral(difference(images).astype(np.float64))
    inside = (
        sums[box_height:, box_width:]
        - sums[:-box_height, box_width:]
        - sums[box_height:, :-box_width]
        + sums[:-box_height, :-box_width]
    )
    # Rounded, so that sums that are the same on paper are the same here too.
    y, x = np.unravel_index(int(inside.round(3).argmax()), inside.shape)
    return Box(int(x), int(y), box_width, box_height)

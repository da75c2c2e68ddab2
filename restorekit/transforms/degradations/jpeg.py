"""JPEG compression."""

from __future__ import annotations

import cv2
import numpy as np

from restorekit.io.images import Image, decode_pixels, encode_image
from restorekit.registry import TRANSFORMS
from restorekit.transforms.checks import Range, require_range

from .base import Degradation


@TRANSFORMS.register_module()
class AddJPEG(Degradation):
    """Compress as JPEG, colours at half the resolution.

    Args:
        quality: Range of libjpeg's quality, 1 to 100.

    Example:
        >>> noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
        >>> AddJPEG()(dict(lq=noise, rng=np.random.default_rng(0)))["lq"].std() < noise.std()
        np.True_
    """

    def __init__(self, quality: Range = (10, 90)) -> None:
        self.quality = require_range(self, "quality", quality, 1, 100)

    def degrade(self, image: Image, rng: np.random.Generator) -> Image:
        return compress(image, draw_quality(rng, self.quality))


def draw_quality(rng: np.random.Generator, quality: Range) -> int:
    """Draw a whole number from a range of qualities, its ends included."""
    return int(rng.integers(int(quality[0]), int(quality[1]), endpoint=True))


def compress(image: Image, quality: int) -> Image:
    """Return an RGB image as it comes out of a JPEG file.

    Args:
        image: uint8 RGB (H, W, 3).
        quality: libjpeg's quality, 1 to 100.
    """
    return decode_pixels(encode_image(image, ".jpg", quality), cv2.IMREAD_COLOR, "the image")

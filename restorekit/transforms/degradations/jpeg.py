"""Compression."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from restorekit.registry import TRANSFORMS

from .base import Degradation, Image, Range, require_range


@TRANSFORMS.register_module()
class AddJPEG(Degradation):
    """Compress as JPEG, colours at half the resolution.

    Args:
        quality: Range of libjpeg's quality, 1 to 100.
    """

    def __init__(self, quality: Range = (10, 90)) -> None:
        self.quality = require_range(self, "quality", quality, 1, 100)

    def degrade(self, image: Image, rng: np.random.Generator) -> Image:
        quality = int(rng.integers(int(self.quality[0]), int(self.quality[1]), endpoint=True))
        # OpenCV takes BGR, and colours matter here.
        _, file = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded: Any = cv2.imdecode(file, cv2.IMREAD_COLOR)
        rgb: Image = decoded[..., ::-1]
        return rgb

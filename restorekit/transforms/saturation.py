"""Change how colourful both images are."""

from __future__ import annotations

import cv2
import numpy as np

from restorekit.errors import ConfigError
from restorekit.io.images import Image
from restorekit.registry import TRANSFORMS

from .checks import require_share
from .paired import PairedTransform


@TRANSFORMS.register_module()
class PairedSaturation(PairedTransform):
    """Multiply the saturation of a share of the pairs by a factor, the same for both images.

    Each pixel's distance from its grey (the luma of ITU-R BT.601) is multiplied, rounded and
    clipped. NeRD-Rain's released code does so before it crops; the result is the same after.

    Args:
        low: Smallest factor; 0 is grey.
        high: Largest factor.
        probability: Share of the pairs that are changed.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> red = np.full((4, 4, 3), (200, 0, 0), np.uint8)
        >>> grey = PairedSaturation(low=0, high=0, probability=1)
        >>> grey(dict(lq=red, rng=np.random.default_rng(0)))["lq"][0, 0]
        array([60, 60, 60], dtype=uint8)
    """

    keeps_size = True

    def __init__(self, low: float = 0.8, high: float = 1.2, probability: float = 1 / 3) -> None:
        if not 0 <= low <= high:
            raise ConfigError(
                f"PairedSaturation has low={low} and high={high}: low must be from 0 to high."
            )
        self.low = low
        self.high = high
        self.probability = require_share(self, "probability", probability)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> float:
        """Return the factor; 1 leaves the images as they are."""
        drawn, factor = rng.random(), float(rng.uniform(self.low, self.high))
        return factor if drawn < self.probability else 1.0

    def apply(self, image: Image, drawn: float) -> Image:
        if drawn == 1.0:
            return image
        image = np.ascontiguousarray(image)
        grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        changed: Image = cv2.addWeighted(image, drawn, grey, 1 - drawn, 0).astype(
            np.uint8, copy=False
        )
        return changed

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(low={self.low}, high={self.high}, "
            f"probability={self.probability:.3g})"
        )

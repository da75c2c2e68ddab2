"""What scenes and cameras do to photographs: exposure, noise, sharpening, JPEG."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from restorekit.io.images import Image
from restorekit.registry import TRANSFORMS

from .checks import Range, require_range, require_share
from .degradations.base import to_levels
from .degradations.jpeg import compress, draw_quality
from .paired import PairedTransform


@TRANSFORMS.register_module()
class PairedExposure(PairedTransform):
    """Make a scene darker or brighter: a gamma curve, then a factor, then clipping.

    It belongs before the rain (``before_rain``), which is as bright over a dark scene.

    Args:
        gain: Range of the factor.
        gamma: Range of the exponent of values in [0, 1]; above 1 darkens middle tones.
        probability: Share of the images that are changed.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> sample = dict(lq=clean, gt=clean, rng=np.random.default_rng(0))
        >>> PairedExposure(gain=(0.5, 0.5), gamma=(1, 1), probability=1)(sample)["gt"][0, 0]
        array([50, 50, 50], dtype=uint8)
    """

    keeps_size = True

    def __init__(
        self,
        gain: Range = (0.5, 1.1),
        gamma: Range = (0.7, 1.5),
        probability: float = 0.5,
    ) -> None:
        self.gain = require_range(self, "gain", gain, 0)
        self.gamma = require_range(self, "gamma", gamma, 0)
        self.probability = require_share(self, "probability", probability)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Image | None:
        """Return the new value of each value, or None to leave images as they are."""
        changed = rng.random() < self.probability
        gain, gamma = rng.uniform(*self.gain), rng.uniform(*self.gamma)
        if not changed:
            return None
        curve = gain * (np.arange(256) / 255.0) ** gamma
        return to_levels(255 * curve)

    def apply(self, image: Image, drawn: Image | None) -> Image:
        return image if drawn is None else drawn[image]

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(gain={self.gain}, gamma={self.gamma}, "
            f"probability={self.probability})"
        )


@TRANSFORMS.register_module()
class PairedCamera(PairedTransform):
    """Add noise, sharpen and compress the rainy and the clean image in the same way.

    The clean image becomes what the same camera would have recorded without the rain, down to
    the noise of each pixel. A network that learns this pair removes rain and nothing else: where
    no rain falls, input and output are equal, so noise and texture of a clean photograph stay.
    With a target free of noise and JPEG artefacts it would also learn to smooth.

    Args:
        noise: Range of the noise's standard deviation in grey levels.
        sharpening: Range of the amount of an unsharp mask of radius 1.
        quality: Range of JPEG's quality, 1 to 100, with half the resolution for colours.
        probability: Share of the images that each of the three changes.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> sample = dict(lq=clean, gt=clean, rng=np.random.default_rng(0))
        >>> recorded = PairedCamera(probability=1)(sample)
        >>> bool((recorded["lq"] == recorded["gt"]).all()), bool((recorded["gt"] == clean).all())
        (True, False)
    """

    keeps_size = True

    def __init__(
        self,
        noise: Range = (0.0, 6.0),
        sharpening: Range = (0.0, 1.0),
        quality: Range = (70, 100),
        probability: float = 0.5,
    ) -> None:
        self.noise = require_range(self, "noise", noise, 0)
        self.sharpening = require_range(self, "sharpening", sharpening, 0)
        self.quality = require_range(self, "quality", quality, 1, 100)
        self.probability = require_share(self, "probability", probability)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> dict[str, Any]:
        """Return the noise of each pixel, the amount of sharpening and the quality, or None."""
        noisy, sharpened, compressed = rng.random(3) < self.probability
        shape = (height, width, 3)
        return {
            "noise": rng.standard_normal(shape, np.float32) * np.float32(rng.uniform(*self.noise))
            if noisy
            else None,
            "sharpening": rng.uniform(*self.sharpening) if sharpened else None,
            "quality": draw_quality(rng, self.quality) if compressed else None,
        }

    def apply(self, image: Image, drawn: dict[str, Any]) -> Image:
        if drawn["noise"] is not None or drawn["sharpening"] is not None:
            pixels = image.astype(np.float32)
            if drawn["noise"] is not None:
                pixels += drawn["noise"]
            if drawn["sharpening"] is not None:
                blurred = cv2.GaussianBlur(pixels, (0, 0), 1.0)
                pixels += np.float32(drawn["sharpening"]) * (pixels - blurred)
            image = to_levels(pixels)
        return image if drawn["quality"] is None else compress(image, drawn["quality"])

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(noise={self.noise}, sharpening={self.sharpening}, "
            f"quality={self.quality}, probability={self.probability})"
        )

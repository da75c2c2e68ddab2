"""Noise."""

from __future__ import annotations

import numpy as np

from restorekit.io.images import Image
from restorekit.registry import TRANSFORMS
from restorekit.transforms.checks import Range, require_range

from .base import Degradation, to_levels


@TRANSFORMS.register_module()
class AddNoise(Degradation):
    """Add white Gaussian noise to the sRGB levels, as the literature on blind denoising does.

    Args:
        sigma: Range of the standard deviation, in grey levels (0 to 255).

    Example:
        >>> sample = dict(lq=clean, gt=clean, rng=np.random.default_rng(0))
        >>> noisy = AddNoise(sigma=(10, 10))(sample)
        >>> round(float((noisy["lq"] - noisy["gt"].astype(float)).std()))
        10
    """

    def __init__(self, sigma: Range = (0.0, 50.0)) -> None:
        self.sigma = require_range(self, "sigma", sigma, 0)

    def degrade(self, image: Image, rng: np.random.Generator) -> Image:
        sigma = np.float32(rng.uniform(*self.sigma))
        return to_levels(image + sigma * rng.standard_normal(image.shape, np.float32))

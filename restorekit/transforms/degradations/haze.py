"""Haze."""

from __future__ import annotations

import numpy as np

from restorekit.io.images import Image
from restorekit.registry import TRANSFORMS
from restorekit.transforms.checks import Range, require_range

from .base import Degradation, Map, smooth_field, to_levels


@TRANSFORMS.register_module()
class AddHaze(Degradation):
    """Mix the scene with airlight, more of it where the scene is farther away.

    Koschmieder's law, I = J t + A (1 − t) with t = exp(−β d), in sRGB and with the ranges of β and
    A that RESIDE (Li et al., TIP 2019) uses. RESIDE takes the depth d from depth maps. Here it is
    drawn: a plane that recedes upwards, with smooth hills.

    Args:
        beta: Range of the scattering coefficient β.
        airlight: Range of the airlight A, 0 to 1, the same in all colours.
        hills: Share of the depth that is hills, 0 to 1.

    Example:
        >>> sample = dict(lq=clean, gt=clean, rng=np.random.default_rng(0))
        >>> AddHaze()(sample)["lq"].mean() > clean.mean()
        np.True_
    """

    def __init__(
        self, beta: Range = (0.6, 1.8), airlight: Range = (0.7, 1.0), hills: Range = (0.2, 0.8)
    ) -> None:
        self.beta = require_range(self, "beta", beta, 0)
        self.airlight = require_range(self, "airlight", airlight, 0, 1)
        self.hills = require_range(self, "hills", hills, 0, 1)

    def degrade(self, image: Image, rng: np.random.Generator) -> Image:
        beta, airlight = rng.uniform(*self.beta), rng.uniform(*self.airlight)
        height, width = image.shape[:2]
        depth = _depth(rng, height, width, rng.uniform(*self.hills))
        transmission = np.exp(-np.float32(beta) * depth)[..., None]
        light = np.float32(255 * airlight)
        return to_levels(image * transmission + light * (1 - transmission))


def _depth(rng: np.random.Generator, height: int, width: int, hills: float) -> Map:
    """Return depth from 0 to 1, (height, width)."""
    horizon, tilt = rng.uniform(0.1, 1.0), rng.uniform(-0.3, 0.3)
    rows = np.linspace(1, 0, height, dtype=np.float32)[:, None]
    columns = np.linspace(-tilt, tilt, width, dtype=np.float32)[None]
    plane = np.clip((rows + columns) / np.float32(horizon), 0, 1)
    rising = smooth_field(rng, height, width, 4)
    depth: Map = np.float32(1 - hills) * plane + np.float32(hills) * rising
    return depth

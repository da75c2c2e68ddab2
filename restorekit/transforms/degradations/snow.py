"""Falling snow."""

from __future__ import annotations

import cv2
import numpy as np

from restorekit.io.images import Image
from restorekit.registry import TRANSFORMS
from restorekit.transforms.checks import Range, require_range

from .base import Degradation, Map, to_levels

#: Flakes are drawn at sub-pixel positions: this many binary digits of a coordinate are fractions.
_SHIFT = 4


@TRANSFORMS.register_module()
class AddSnow(Degradation):
    """Add flakes in several layers, from many small ones far away to a few large ones nearby.

    As in Snow100K (Liu et al., TIP 2018), flakes are translucent, of three size classes, and near
    ones are larger, faster and less sharp. All flakes of a layer fall in one direction.

    Args:
        density: Range of the number of flakes per million pixels in the farthest layer; each
            nearer layer has a quarter as many as the one behind it.
        layers: Range of the number of layers.
        radius: Range of the radius of the farthest layer's flakes in pixels; those of each nearer
            layer are 2.2 times as large as those behind them.
        opacity: Range of the flakes' opacity, 0 to 1.
        veil: Range of the share of white mixed over all of the image, 0 to 1.

    Example:
        >>> sample = dict(lq=clean, gt=clean, rng=np.random.default_rng(0))
        >>> AddSnow()(sample)["lq"].mean() > clean.mean()
        np.True_
    """

    def __init__(
        self,
        density: Range = (1000.0, 8000.0),
        layers: Range = (1, 3),
        radius: Range = (0.6, 1.6),
        opacity: Range = (0.5, 1.0),
        veil: Range = (0.0, 0.2),
    ) -> None:
        self.density = require_range(self, "density", density, 0)
        self.layers = require_range(self, "layers", layers, 1, 4)
        self.radius = require_range(self, "radius", radius, 0.1)
        self.opacity = require_range(self, "opacity", opacity, 0, 1)
        self.veil = require_range(self, "veil", veil, 0, 1)

    def degrade(self, image: Image, rng: np.random.Generator) -> Image:
        height, width = image.shape[:2]
        density = rng.uniform(*self.density)
        direction = rng.normal(90, 20)
        clear = np.full((height, width), 1 - rng.uniform(*self.veil), np.float32)
        for layer in range(int(rng.integers(int(self.layers[0]), int(self.layers[1]) + 1))):
            radius = rng.uniform(*self.radius) * 2.2**layer
            flakes = _flakes(rng, height, width, density / 4**layer, radius, direction)
            clear *= 1 - np.float32(rng.uniform(*self.opacity)) * flakes
        white = np.float32(rng.uniform(225, 255))
        return to_levels(image * clear[..., None] + white * (1 - clear[..., None]))


def _flakes(
    rng: np.random.Generator,
    height: int,
    width: int,
    density: float,
    radius: float,
    direction: float,
) -> Map:
    """Return how far a layer of flakes covers each pixel, 0 to 1, (height, width)."""
    margin = int(4 * radius) + 2
    area = (height + 2 * margin) * (width + 2 * margin)
    count = int(rng.poisson(density * area / 1e6))
    canvas = np.zeros((height + 2 * margin, width + 2 * margin), np.uint8)
    scale = 1 << _SHIFT
    x = (rng.uniform(0, canvas.shape[1], count) * scale).astype(int).tolist()
    y = (rng.uniform(0, canvas.shape[0], count) * scale).astype(int).tolist()
    radii = radius * np.exp(rng.normal(0, 0.35, count))
    # Flakes are not round, and turn as they fall.
    longer = (radii * rng.uniform(1, 1.6, count) * scale).astype(int).tolist()
    shorter = (radii * scale).astype(int).tolist()
    angles = (direction + rng.normal(0, 25, count)).tolist()
    levels = rng.integers(120, 256, count).tolist()
    for i in range(count):
        axes = (max(longer[i], 1), max(shorter[i], 1))
        cv2.ellipse(
            canvas, (x[i], y[i]), axes, angles[i], 0, 360, levels[i], -1, cv2.LINE_AA, _SHIFT
        )
    covered = cv2.GaussianBlur(canvas.astype(np.float32) / 255, (0, 0), max(0.35 * radius, 0.4))
    inside: Map = covered[margin : margin + height, margin : margin + width]
    return inside

"""Raindrops on the lens or on a window."""

from __future__ import annotations

import cv2
import numpy as np

from restorekit.io.images import Image
from restorekit.registry import TRANSFORMS
from restorekit.transforms.checks import Range, require_range

from .base import Degradation, Map, smooth_field, to_levels


@TRANSFORMS.register_module()
class AddRaindrops(Degradation):
    """Put drops between camera and scene.

    As in Qian et al. (CVPR 2018), I = (1 − M) B + R: inside a drop, the scene is replaced by what
    the drop refracts. A drop acts as a wide-angle lens: it shows a large part of the scene, small
    and upside down. The camera focuses behind it, so its contents and its edge are blurred.

    Args:
        density: Range of the number of drops per million pixels.
        radius: Range of the drops' radius in pixels.
        blur: Range of the blur of a drop's edge, as a share of its radius.
        brightness: Range of the factor of what a drop shows.

    Example:
        >>> sample = dict(lq=clean, gt=clean, rng=np.random.default_rng(0))
        >>> drops = AddRaindrops(density=(3000, 3000))(sample)
        >>> bool((drops["lq"] != drops["gt"]).any())
        True
    """

    def __init__(
        self,
        density: Range = (50.0, 500.0),
        radius: Range = (4.0, 28.0),
        blur: Range = (0.1, 0.4),
        brightness: Range = (0.8, 1.25),
    ) -> None:
        self.density = require_range(self, "density", density, 0)
        self.radius = require_range(self, "radius", radius, 1)
        self.blur = require_range(self, "blur", blur, 0.01, 1)
        self.brightness = require_range(self, "brightness", brightness, 0)

    def degrade(self, image: Image, rng: np.random.Generator) -> Image:
        height, width = image.shape[:2]
        count = int(rng.poisson(rng.uniform(*self.density) * height * width / 1e6))
        smallest, largest = np.log(self.radius)
        radii = np.exp(rng.uniform(smallest, largest, count))
        scene = cv2.GaussianBlur(image, (0, 0), 3.0).astype(np.float32)
        mixed = image.astype(np.float32)
        # The smallest come last, so that large ones do not cover them.
        for radius in sorted(radii.tolist(), reverse=True):
            centre = rng.uniform(0, height), rng.uniform(0, width)
            self._put(mixed, scene, centre, radius, rng)
        return to_levels(mixed)

    def _put(
        self,
        mixed: Map,
        scene: Map,
        centre: tuple[float, float],
        radius: float,
        rng: np.random.Generator,
    ) -> None:
        """Put one drop on ``mixed``, which is changed."""
        height, width = scene.shape[:2]
        reach = int(np.ceil(1.8 * radius)) + 1
        top, left = (int(value) - reach for value in centre)
        side = 2 * reach + 1
        # No drop is round: its edge wobbles.
        offset = np.arange(side, dtype=np.float32) - reach
        y, x = offset[:, None], offset[None]
        stretch = np.float32(rng.uniform(0.8, 1.3))
        wobble = 0.7 + 0.6 * smooth_field(rng, side, side, 2)
        distance = np.sqrt((x * stretch) ** 2 + (y / stretch) ** 2) / np.float32(radius) * wobble
        edge = np.float32(rng.uniform(*self.blur))
        mask = np.clip((1 - distance) / edge + 0.5, 0, 1)
        # What lies at the drop's rim is refracted from far outside of it, on the other side.
        zoom = np.float32(rng.uniform(3, 7))
        # `0 * x` and `0 * y` give both maps their full shape.
        seen_y, seen_x = centre[0] - zoom * y + 0 * x, centre[1] - zoom * x + 0 * y
        refracted = cv2.remap(
            scene, seen_x, seen_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        refracted *= np.float32(rng.uniform(*self.brightness))
        rows = slice(max(top, 0), min(top + side, height))
        columns = slice(max(left, 0), min(left + side, width))
        inside = (
            slice(rows.start - top, rows.stop - top),
            slice(columns.start - left, columns.stop - left),
        )
        share = mask[inside][..., None]
        mixed[rows, columns] += share * (refracted[inside] - mixed[rows, columns])

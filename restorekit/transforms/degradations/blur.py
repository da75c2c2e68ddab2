"""Blur: out of focus, or moved while the shutter was open."""

from __future__ import annotations

import cv2
import numpy as np

from restorekit.io.images import Image
from restorekit.registry import TRANSFORMS
from restorekit.transforms.checks import Range, require_range, require_share

from .base import Degradation, Map, to_levels

#: Positions of the camera that are averaged, per pixel of the path's length.
_STEPS_PER_PIXEL = 4


@TRANSFORMS.register_module()
class AddBlur(Degradation):
    """Blur by a Gaussian, or along the path of a hand-held camera.

    The path starts in a random direction and turns a little at each step. Light adds up linearly,
    but levels do not: they are averaged after a power of 2.2.

    Args:
        motion: Share of the images that are blurred by motion.
        sigma: Range of the Gaussian's standard deviation in pixels.
        length: Range of the path's length in pixels.
        turning: Standard deviation of the path's total turn, in degrees.

    Example:
        >>> spot = np.zeros((33, 33, 3), np.uint8)
        >>> spot[16, 16] = 255
        >>> blurred = AddBlur(motion=0)(dict(lq=spot, rng=np.random.default_rng(0)))["lq"]
        >>> int((blurred[..., 0] > 0).sum()) > 1
        True
    """

    def __init__(
        self,
        motion: float = 0.7,
        sigma: Range = (0.5, 3.0),
        length: Range = (3.0, 25.0),
        turning: float = 60.0,
    ) -> None:
        self.motion = require_share(self, "motion", motion)
        self.sigma = require_range(self, "sigma", sigma, 0.1)
        self.length = require_range(self, "length", length, 1)
        self.turning = turning

    def degrade(self, image: Image, rng: np.random.Generator) -> Image:
        moved = rng.random() < self.motion
        light = (image.astype(np.float32) / 255) ** 2.2
        if moved:
            kernel = motion_kernel(rng, rng.uniform(*self.length), self.turning)
            blurred = cv2.filter2D(light, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
        else:
            sigma = rng.uniform(*self.sigma)
            blurred = cv2.GaussianBlur(light, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
        return to_levels(255 * np.maximum(blurred, 0) ** np.float32(1 / 2.2))


def motion_kernel(rng: np.random.Generator, length: float, turning: float) -> Map:
    """Draw the path of a camera.

    Args:
        rng: Source of all randomness.
        length: Length of the path in pixels.
        turning: Standard deviation of its total turn, in degrees.

    Returns:
        The kernel, square, of odd side; its centre of mass is in the middle, its sum is 1.
    """
    steps = max(int(length * _STEPS_PER_PIXEL), 2)
    turns = rng.normal(0, np.radians(turning) / np.sqrt(steps), steps)
    directions = rng.uniform(0, 2 * np.pi) + np.cumsum(turns)
    path = np.cumsum(np.stack([np.cos(directions), np.sin(directions)]), axis=1) * length / steps
    path -= path.mean(axis=1, keepdims=True)
    radius = int(np.ceil(np.abs(path).max())) + 1
    kernel = np.zeros((2 * radius + 1, 2 * radius + 1), np.float32)
    corner = np.floor(path).astype(int)
    x_share, y_share = path - corner
    for x_step, y_step in ((0, 0), (0, 1), (1, 0), (1, 1)):
        share = np.abs(1 - x_step - x_share) * np.abs(1 - y_step - y_share)
        np.add.at(kernel, (corner[1] + y_step + radius, corner[0] + x_step + radius), share)
    scaled: Map = kernel / kernel.sum()
    return scaled

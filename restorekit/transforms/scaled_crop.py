"""Cut a patch of random size and scale it down."""

from __future__ import annotations

import cv2
import numpy as np

from restorekit.errors import ConfigError
from restorekit.io.images import Image
from restorekit.registry import TRANSFORMS

from .paired import PairedTransform


@TRANSFORMS.register_module()
class PairedScaledCrop(PairedTransform):
    """Cut a square patch of random size and scale it down to one size.

    It belongs before the rain (``before_rain`` of
    :class:`~restorekit.datasets.SyntheticRainDataset`), so that streaks keep the sizes of their
    description. Pixels are averaged, which also removes JPEG artefacts.

    Args:
        patch_size: Side of the result in pixels.
        max_scale: Largest factor by which a patch is scaled down, at least 1; less where an
            image is too small for it.

    Raises:
        ConfigError: If ``max_scale`` is below 1.

    Example:
        >>> sample = dict(lq=clean, gt=clean, rng=np.random.default_rng(0))
        >>> PairedScaledCrop(patch_size=16, max_scale=2)(sample)["gt"].shape
        (16, 16, 3)
    """

    def __init__(self, patch_size: int, max_scale: float = 1.0) -> None:
        if max_scale < 1:
            raise ConfigError(
                f"PairedScaledCrop: max_scale={max_scale!r} would enlarge patches; give at least 1."
            )
        self.patch_size = patch_size
        self.max_scale = max_scale

    @property
    def min_size(self) -> int:
        return self.patch_size

    def draw(self, rng: np.random.Generator, height: int, width: int) -> tuple[int, int, int]:
        """Return the top, the left and the side of the patch."""
        largest = min(self.max_scale * self.patch_size, height, width)
        side = int(rng.uniform(self.patch_size, largest + 1))
        side = min(max(side, self.patch_size), height, width)
        top = int(rng.integers(height - side + 1))
        left = int(rng.integers(width - side + 1))
        return top, left, side

    def apply(self, image: Image, drawn: tuple[int, int, int]) -> Image:
        top, left, side = drawn
        patch = image[top : top + side, left : left + side]
        if side == self.patch_size:
            return patch
        size = (self.patch_size, self.patch_size)
        scaled: Image = cv2.resize(np.ascontiguousarray(patch), size, interpolation=cv2.INTER_AREA)
        return scaled

    def __repr__(self) -> str:
        return f"{type(self).__name__}(patch_size={self.patch_size}, max_scale={self.max_scale})"

"""Cut the same random patch from both images."""

from __future__ import annotations

import numpy as np

from restorekit.registry import TRANSFORMS

from .paired import Image, PairedTransform


@TRANSFORMS.register_module()
class PairedRandomCrop(PairedTransform):
    """Cut a square patch at a position drawn uniformly from all that fit.

    The patch is a view: from a ``raw`` LMDB only its rows are read.

    Args:
        patch_size: Side of the patch in pixels.
    """

    def __init__(self, patch_size: int) -> None:
        self.patch_size = patch_size

    @property
    def min_size(self) -> int:
        return self.patch_size

    def draw(self, rng: np.random.Generator, height: int, width: int) -> tuple[int, int]:
        """Return the top and the left of the patch."""
        top = int(rng.integers(height - self.patch_size + 1))
        left = int(rng.integers(width - self.patch_size + 1))
        return top, left

    def apply(self, image: Image, drawn: tuple[int, int]) -> Image:
        top, left = drawn
        return image[top : top + self.patch_size, left : left + self.patch_size]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(patch_size={self.patch_size})"

"""Cut the same random patch from both images."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np

from restorekit.errors import ConfigError
from restorekit.io.images import Image
from restorekit.registry import TRANSFORMS

from .paired import PairedTransform


@TRANSFORMS.register_module()
class PairedRandomCrop(PairedTransform):
    """Cut a square patch at a position drawn uniformly from all that fit.

    The patch is a view: from a ``raw`` LMDB only its rows are read.

    Args:
        patch_size: Side of the patch in pixels. A sample's own ``patch_size``, which a
            :class:`~restorekit.datasets.ProgressiveBatchSampler` sets, comes first.
        smaller: What happens to images that are smaller than the patch: ``refuse`` them before
            the training, or ``reflect`` them at the bottom and at the right, as Restormer, MPRNet
            and NeRD-Rain do.

    Raises:
        ConfigError: If ``smaller`` is neither.

    Example:
        >>> sample = dict(lq=clean, gt=clean, rng=np.random.default_rng(0))
        >>> patch = PairedRandomCrop(patch_size=32)(sample)
        >>> patch["lq"].shape, patch["gt"].shape
        ((32, 32, 3), (32, 32, 3))
    """

    def __init__(self, patch_size: int, smaller: Literal["refuse", "reflect"] = "refuse") -> None:
        if smaller not in ("refuse", "reflect"):
            raise ConfigError(
                f"PairedRandomCrop: smaller is {smaller!r}; use 'refuse' or 'reflect'."
            )
        self.patch_size = patch_size
        self.smaller = smaller

    @property
    def min_size(self) -> int:
        return self.patch_size if self.smaller == "refuse" else 1

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Cut the patch; see :class:`~restorekit.transforms.PairedTransform`."""
        side = results.get("patch_size", self.patch_size)
        if side != self.patch_size:
            return PairedRandomCrop(side, self.smaller).transform(results)
        return super().transform(results)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> tuple[int, int]:
        """Return the top and the left of the patch."""
        top = int(rng.integers(max(height - self.patch_size, 0) + 1))
        left = int(rng.integers(max(width - self.patch_size, 0) + 1))
        return top, left

    def apply(self, image: Image, drawn: tuple[int, int]) -> Image:
        top, left = drawn
        patch = image[top : top + self.patch_size, left : left + self.patch_size]
        below, right = (max(self.patch_size - side, 0) for side in patch.shape[:2])
        if not (below or right):
            return patch
        patch = np.ascontiguousarray(patch)
        padded: Image = cv2.copyMakeBorder(patch, 0, below, 0, right, cv2.BORDER_REFLECT)
        return padded

    def __repr__(self) -> str:
        return f"{type(self).__name__}(patch_size={self.patch_size}, smaller={self.smaller!r})"

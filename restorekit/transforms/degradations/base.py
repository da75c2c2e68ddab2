"""The base class of degradations, and what several of them draw."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from mmcv.transforms import BaseTransform

from restorekit.io.images import Image

Map: TypeAlias = npt.NDArray[np.float32]


class Degradation(BaseTransform):
    """Degrade ``lq`` and leave ``gt`` as it is, with the sample's own random numbers.

    A subclass defines :meth:`degrade`. Its arguments are ranges, from which values are drawn for
    each image.

    Example:
        >>> class Invert(Degradation):
        ...     def degrade(self, image, rng):
        ...         return 255 - image
        >>> Invert()(dict(lq=clean, gt=clean, rng=np.random.default_rng(0)))["lq"][0, 0]
        array([155, 155, 155], dtype=uint8)
    """

    keeps_size = True

    @abstractmethod
    def degrade(self, image: Image, rng: np.random.Generator) -> Image:
        """Return the degraded image.

        Args:
            image: uint8 RGB (H, W, 3), perhaps read-only; it is not changed.
            rng: Source of all randomness.

        Returns:
            uint8 RGB of the same shape.
        """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Degrade ``results['lq']`` with ``results['rng']``."""
        results["lq"] = self.degrade(results["lq"], results["rng"])
        return results

    def __repr__(self) -> str:
        given = ", ".join(f"{key}={value!r}" for key, value in vars(self).items())
        return f"{type(self).__name__}({given})"


def smooth_field(rng: np.random.Generator, height: int, width: int, cells: int) -> Map:
    """Return smooth random values in [0, 1], (height, width), with about ``cells`` hills a side."""
    coarse = rng.random((cells + 1, cells + 1), np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    clipped: Map = np.clip(field, 0, 1)
    return clipped


def to_levels(values: npt.NDArray[Any]) -> Image:
    """Return values in [0, 255] as uint8, clipped and rounded."""
    levels: Image = np.rint(np.clip(values, 0, 255)).astype(np.uint8)
    return levels

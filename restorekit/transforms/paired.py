"""The base class of transforms that change the rainy and the clean image in the same way."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from restorekit.errors import DataError
from restorekit.io.images import Image

#: The entries of a sample that hold images.
IMAGE_KEYS = ("lq", "gt")


class PairedTransform(BaseTransform):
    """Draw random numbers once and apply the same change to every image of the sample.

    A subclass defines what is drawn (:meth:`draw`) and what is done with it (:meth:`apply`).
    Images are uint8 (H, W, 3) RGB and may be read-only views of a file: ``apply`` returns a view
    or a new array and never writes to its argument.

    Example:
        >>> class Darken(PairedTransform):
        ...     def draw(self, rng, height, width):
        ...         return rng.uniform(0.5, 0.9)
        ...     def apply(self, image, drawn):
        ...         return (image * drawn).astype(np.uint8)
        >>> dark = Darken()(dict(lq=clean, gt=clean, rng=np.random.default_rng(0)))
        >>> bool((dark["lq"] == dark["gt"]).all())
        True
    """

    #: Whether images have the same size afterwards.
    keeps_size = False

    @property
    def min_size(self) -> int:
        """The smallest side in pixels that an image may have."""
        return 1

    @abstractmethod
    def draw(self, rng: np.random.Generator, height: int, width: int) -> Any:
        """Draw what :meth:`apply` needs, for images of this size."""

    @abstractmethod
    def apply(self, image: Image, drawn: Any) -> Image:
        """Return the transformed image."""

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Transform ``lq`` and ``gt``, where present, with ``results['rng']``.

        Raises:
            DataError: If an image is smaller than :attr:`min_size`.
        """
        keys = [key for key in IMAGE_KEYS if results.get(key) is not None]
        height, width = results[keys[0]].shape[:2]
        if min(height, width) < self.min_size:
            raise DataError(
                f"{results.get('name', 'An image')} is {width}×{height} pixels, smaller than the "
                f"{self.min_size}×{self.min_size} that {type(self).__name__} needs: choose a "
                "smaller patch_size or leave it out."
            )
        drawn = self.draw(results["rng"], height, width)
        for key in keys:
            results[key] = self.apply(results[key], drawn)
        return results

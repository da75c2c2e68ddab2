"""Values of a measure that needs no ground truth, image by image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restorekit.errors import DataError

from .functional.niqe import niqe


@dataclass(frozen=True)
class NoReferenceValues:
    """The values of a set of images.

    Attributes:
        variant: Which implementation of the measure.
        images: Image name → value.
        left_out: Image name → why it has no value.
    """

    variant: str
    images: dict[str, float]
    left_out: dict[str, str]

    @classmethod
    def collect(cls, variant: str, found: Mapping[str, float | str]) -> NoReferenceValues:
        """Sort what :func:`measure_niqe` returned.

        Raises:
            DataError: If there is no value at all.
        """
        images = {name: value for name, value in found.items() if not isinstance(value, str)}
        left_out = {name: value for name, value in found.items() if isinstance(value, str)}
        if not images:
            name, reason = next(iter(left_out.items()))
            raise DataError(f"None of {len(found)} images can be measured; {name!r}: {reason}")
        return cls(variant, images, left_out)


def measure_niqe(image: npt.NDArray[np.uint8], variant: str) -> float | str:
    """Return NIQE of an image, or the sentence that says why it has none.

    Args:
        image: RGB, (H, W, 3), uint8.
        variant: Which NIQE.
    """
    try:
        return niqe(image, variant)
    except DataError as error:
        return str(error)

"""The one check that every measure needs."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from restorekit.errors import DataError


def check_same_shape(pred: npt.NDArray[Any], gt: npt.NDArray[Any]) -> None:
    """Refuse images of different shapes, which numpy would broadcast.

    Raises:
        DataError: If the shapes differ.
    """
    if pred.shape != gt.shape:
        raise DataError(
            f"The restored image has shape {pred.shape} but its ground truth {gt.shape}; check "
            "that the two belong together and that the network keeps its input's size."
        )

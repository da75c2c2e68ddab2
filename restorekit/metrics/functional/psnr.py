"""Peak signal-to-noise ratio."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .checks import check_same_shape


def psnr(
    pred: npt.NDArray[Any],
    gt: npt.NDArray[Any],
    data_range: float = 255.0,
    identical: float = math.inf,
) -> float:
    """Return 10·log10(data_range² / MSE) in dB, with the MSE over every element.

    Args:
        pred: Restored image, any shape, on the scale of ``data_range``.
        gt: Ground truth, the same shape and scale.
        data_range: Peak value, 255 or 1.
        identical: What to return when the images do not differ at all.

    Raises:
        DataError: If the shapes differ.
    """
    check_same_shape(pred, gt)
    if pred.dtype != np.uint8 or gt.dtype != np.uint8:
        pred, gt = pred.astype(np.float64, copy=False), gt.astype(np.float64, copy=False)
    # Exact in integers for uint8, in float64 for the rest; one thread, so that the last bit
    # does not depend on their number.
    return psnr_of_mse(cv2.norm(pred, gt, cv2.NORM_L2SQR) / pred.size, data_range, identical)


def psnr_of_mse(mse: float, data_range: float = 255.0, identical: float = math.inf) -> float:
    """Return the PSNR in dB that belongs to a mean squared error; see :func:`psnr`."""
    if mse == 0:
        return identical
    return 10 * math.log10(data_range**2 / mse)

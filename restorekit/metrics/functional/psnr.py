"""Peak signal-to-noise ratio."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from restorekit.errors import DataError

Image = npt.NDArray[Any]


def psnr(pred: Image, gt: Image, data_range: float = 255.0, identical: float = math.inf) -> float:
    """Return 10·log10(data_range² / MSE) in dB, with the MSE over every element.

    Args:
        pred: Restored image, any shape, on the scale of ``data_range``.
        gt: Ground truth, the same shape and scale.
        data_range: Peak value, 255 or 1.
        identical: The PSNR of images that do not differ at all.

    Raises:
        DataError: If the shapes differ.
    """
    check_same_shape(pred, gt)
    return psnr_of_mse(squared_error(pred, gt) / pred.size, data_range, identical)


def psnr_of_mse(mse: float, data_range: float = 255.0, identical: float = math.inf) -> float:
    """Return the PSNR in dB for a mean squared error; see :func:`psnr`."""
    if mse == 0:
        return identical
    return 10 * math.log10(data_range**2 / mse)


def squared_error(pred: Image, gt: Image) -> float:
    """Return the sum of squared differences: exact in integers for uint8, else in float64."""
    if pred.dtype != np.uint8 or gt.dtype != np.uint8:
        pred, gt = pred.astype(np.float64, copy=False), gt.astype(np.float64, copy=False)
    # OpenCV uses one thread here, so the last bit does not depend on the number of threads.
    return float(cv2.norm(pred, gt, cv2.NORM_L2SQR))


def check_same_shape(pred: Image, gt: Image) -> None:
    """Raise DataError if the shapes differ, because NumPy might broadcast them."""
    if pred.shape != gt.shape:
        raise DataError(
            f"The restored image has shape {pred.shape} but its ground truth {gt.shape}; check "
            "that the two belong together and that the network keeps its input's size."
        )

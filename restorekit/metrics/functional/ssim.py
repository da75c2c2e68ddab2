"""Structural similarity of whole images."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .checks import check_same_shape
from .similarity import Workspace, average, similarity_map
from .ssim_spec import SSIMSpec

#: SSIM as it was published.
_PUBLISHED = SSIMSpec()
#: Short side to which MATLAB's ``ssim.m`` brings images before it measures them.
_DOWNSAMPLED_SIDE = 256


def ssim(pred: npt.NDArray[Any], gt: npt.NDArray[Any], spec: SSIMSpec = _PUBLISHED) -> float:
    """Return the mean SSIM of two images.

    Args:
        pred: Restored image, (H, W) or (H, W, C), on the scale of ``spec.data_range``.
        gt: Ground truth, the same shape and scale.
        spec: Which SSIM.

    Raises:
        DataError: If the shapes differ, or the image is smaller than the window and nothing
            is padded.
    """
    check_same_shape(pred, gt)
    if pred.dtype != np.uint8 or gt.dtype != np.uint8:
        pred, gt = pred.astype(np.float64, copy=False), gt.astype(np.float64, copy=False)
    if spec.downsample:
        pred, gt = downsample(pred), downsample(gt)
    work = Workspace(*pred.shape[:2])
    x, y = (image[..., None] if image.ndim == 2 else image for image in (pred, gt))
    total = 0.0
    for channel in range(x.shape[2]):
        plane, other = (np.ascontiguousarray(image[..., channel]) for image in (x, y))
        total += average(similarity_map(plane, other, spec, work), spec)
    return float(total / x.shape[2])


def downsampling_factor(height: int, width: int) -> int:
    """Return MATLAB's max(1, round(min(height, width) / 256)), which rounds halves up."""
    return max(1, math.floor(min(height, width) / _DOWNSAMPLED_SIDE + 0.5))


def downsample(image: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return what ``ssim.m`` makes of an image before it measures it.

    MATLAB: ``imfilter(img, ones(f) / f^2, 'symmetric', 'same')`` and then
    ``img(1:f:end, 1:f:end)``; an even box has its centre left of and above its middle.

    Args:
        image: (H, W) or (H, W, C).
    """
    factor = downsampling_factor(*image.shape[:2])
    values = image.astype(np.float64, copy=False)
    if factor == 1:
        return values
    centre = (factor - 1) // 2
    smoothed = cv2.blur(
        values, (factor, factor), anchor=(centre, centre), borderType=cv2.BORDER_REFLECT
    )
    thinned: npt.NDArray[np.float64] = smoothed[::factor, ::factor]
    return thinned

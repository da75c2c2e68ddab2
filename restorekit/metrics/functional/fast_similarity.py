"""SSIM over one channel in single precision, where that is precise enough."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .similarity import Plane, Workspace
from .ssim_spec import SSIMSpec

#: Estimated error of the mean SSIM above which the result is refused.
_LARGEST_ERROR = 1e-6
#: Relative error of a value that was smoothed in single precision: two roundings.
_RELATIVE_ERROR = 2 * 2.0**-24
#: Below so many pixels double precision is fast enough, and errors average out less.
_FEWEST_PIXELS = 2**16
#: Every which row is looked at to estimate the error.
_ROW_STEP = 8


def fast_dissimilarity_map(
    pred: Plane, gt: Plane, spec: SSIMSpec, work: Workspace
) -> npt.NDArray[np.float32] | None:
    """Return 1 - SSIM at every pixel, or None where single precision may not be enough.

    With s = pred + gt and d = pred - gt, SSIM is (1 - 2 p)(1 - 2 q) with::

        p = μd² / (μs² + μd² + 2 C1),    q = σd² / (σs² + σd² + 2 C2)

    so that rounding errors come in only as a part of what the images differ by. They
    would add up in areas where the images differ by much and evenly, and in flat areas
    far from the mean brightness. How much is estimated from some of the rows: the error
    of σd² is that of the smoothed d², the error of the denominator that of s² + d². An
    estimate above 1e-6 makes the result None; it lies above the true error of the mean by
    a factor of two in images made to provoke it, and of ten to a thousand in photographs.

    Args:
        pred: (H, W), uint8 or float64, on the scale of ``spec.data_range``.
        gt: The same shape and type.
        spec: Which SSIM; ``padding`` and ``downsample`` are the caller's part.
        work: For images of this size or larger; what it held is overwritten, and the
            result lies in it.
    """
    if pred.size < _FEWEST_PIXELS or spec.window != "gaussian" or spec.sample_covariance:
        return None
    c1, c2 = spec.constants()
    radius, (height, width) = spec.window_size // 2, pred.shape
    inner = np.s_[radius : radius + height, radius : radius + width]
    # All arithmetic is on whole planes, border included: rows that are not contiguous
    # would take three times as long.
    planes = work.planes(6, height + 2 * radius, width + 2 * radius, np.float32)
    total, difference, mean, square, all_deviations, deviation = planes
    total.fill(0)
    mean.fill(0)
    np.copyto(total[inner], pred)
    np.copyto(mean[inner], gt)
    np.subtract(total, mean, out=difference)
    total += mean
    middle = np.rint(np.float32(cv2.sumElems(total)[0] / pred.size))
    total -= middle
    weights = _single_precision_weights(spec)
    _smooth(total, mean, weights)
    _smooth(difference, square, weights)
    np.square(planes[:2], out=planes[:2])
    total += difference
    _smooth(total, all_deviations, weights)
    _smooth(difference, deviation, weights)
    np.square(square, out=square)
    if _estimated_error(*(p[inner] for p in planes[2:]), c2) > _LARGEST_ERROR:
        return None
    deviation -= square
    all_deviations -= square
    all_deviations -= np.square(mean, out=total)
    all_deviations += np.float32(2 * c2)
    mean += middle
    np.square(mean, out=mean)
    mean += square
    mean += np.float32(2 * c1)
    square /= mean
    deviation /= all_deviations
    # 1 - (1 - 2 p)(1 - 2 q) = 2 (p + q - 2 p q)
    np.multiply(square, deviation, out=mean)
    mean *= -2
    mean += square
    mean += deviation
    mean *= 2
    missing: npt.NDArray[np.float32] = mean[inner]
    return missing


def _single_precision_weights(spec: SSIMSpec) -> npt.NDArray[np.float32]:
    """Return the 1-D window with a sum of 1, so that even areas stay as they are.

    What rounding takes away goes to the outermost weights, whose steps are the finest.
    """
    weights = spec.weights().astype(np.float32)
    for _ in range(2):
        weights[[0, -1]] += np.float32((1 - weights.sum(dtype=np.float64)) / 2)
    return weights


def _smooth(plane: Plane, result: Plane, weights: npt.NDArray[np.float32]) -> None:
    cv2.sepFilter2D(
        plane, cv2.CV_32F, weights, weights, dst=result, borderType=cv2.BORDER_CONSTANT
    )


def _estimated_error(
    mean: Plane, square: Plane, all_deviations: Plane, deviation: Plane, c2: float
) -> float:
    """Return an estimate of the error that single precision makes in the mean SSIM."""
    rows = (plane[::_ROW_STEP] for plane in (mean, square, all_deviations, deviation))
    mean, square, all_deviations, deviation = rows
    denominator = all_deviations - square - mean * mean + np.float32(2 * c2)
    q = (deviation - square) / denominator
    errors = (deviation + q * all_deviations) / denominator
    return float(errors.mean()) * 2 * _RELATIVE_ERROR

"""SSIM over one channel in single precision, where that is precise enough.

It takes half the time of :func:`similarity_map`, and is refused where its error might reach
1e-6 in the mean.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .similarity import Plane, Workspace
from .ssim_spec import SSIMSpec

Array = npt.NDArray[np.float32]

#: Estimated error of the mean above which the result is refused.
_LARGEST_ERROR = 5e-7
#: Relative error of a value that was smoothed in single precision: six roundings.
_RELATIVE_ERROR = 6 * 2.0**-24
#: The part of an image whose rounding errors are taken to add up in any case.
_LEAST_REPETITION = 1 / 16
#: Below so many pixels double precision is fast enough, and errors average out less.
_FEWEST_PIXELS = 2**16
#: The error is estimated from each so many-th row.
_ROW_STEP = 8


def fast_dissimilarity_map(
    pred: Plane, gt: Plane, spec: SSIMSpec, work: Workspace
) -> Array | None:
    """Return 1 - SSIM at every pixel, or None where single precision may not be enough.

    With s = pred + gt and d = pred - gt, SSIM is (1 - 2 p)(1 - 2 q) with::

        p = μd² / (μs² + μd² + 2 C1),    q = σd² / (σs² + σd² + 2 C2)

    so that rounding errors matter only as far as the images differ. See
    :func:`_estimated_error` for how large they may be.

    Args:
        pred: (H, W), uint8 or float64, on the scale of ``spec.data_range``.
        gt: The same shape and type.
        spec: Which SSIM; ``padding`` and ``downsample`` are the caller's part.
        work: For images of this size or larger; what it held is overwritten, and the
            result lies in it.
    """
    if pred.size < _FEWEST_PIXELS or spec.window != "gaussian" or spec.sample_covariance:
        return None
    c1, c2 = spec.constants
    radius, (height, width) = spec.window_size // 2, pred.shape
    inner = np.s_[radius : radius + height, radius : radius + width]
    # With the zeros around the image. All arithmetic is on whole planes, because rows that
    # are not contiguous would take three times as long.
    planes = work.single_precision(6, height + 2 * radius, width + 2 * radius)
    total, difference, mean, square, all_deviations, deviation = planes
    for plane, image in ((total, pred), (mean, gt)):
        plane[:radius] = plane[-radius:] = plane[:, :radius] = plane[:, -radius:] = 0
        np.copyto(plane[inner], image)
    np.subtract(total, mean, out=difference)
    total += mean
    middle = np.rint(np.float32(cv2.sumElems(total)[0] / pred.size))
    total -= middle
    weights = _weights(spec)
    _smooth(total, mean, weights)
    _smooth(difference, square, weights)
    np.square(planes[:2], out=planes[:2])
    total += difference
    _smooth(total, all_deviations, weights)
    _smooth(difference, deviation, weights)
    np.square(square, out=square)
    error = _estimated_error(*(plane[inner][::_ROW_STEP] for plane in planes[2:]), c2)
    if error * _repetition(pred, gt) > _LARGEST_ERROR:
        return None
    deviation -= square
    all_deviations -= square
    all_deviations -= np.square(mean, out=total)
    all_deviations += np.float32(2 * c2)
    mean += middle
    np.square(mean, out=mean)
    mean += square
    mean += np.float32(2 * c1)
    p, q = square, deviation
    p /= mean
    q /= all_deviations
    # 1 - (1 - 2 p)(1 - 2 q) = 2 (p + q - 2 p q)
    missing: Array = np.multiply(p, q, out=mean)
    missing *= -2
    missing += p
    missing += q
    missing *= 2
    return missing[inner]


def _estimated_error(
    mean: Array, square: Array, all_deviations: Array, deviation: Array, c2: float
) -> float:
    """Return how large the error of the mean is if all rounding errors have one sign.

    Those of q: of its numerator, which is as large as the rounding error of the smoothed d²,
    and of its denominator, where it is that of the smoothed s² + d². Args are the smoothed
    s, the square of the smoothed d, and the smoothed s² + d² and d².
    """
    denominator = all_deviations - square - mean * mean + np.float32(2 * c2)
    q = (deviation - square) / denominator
    errors = (deviation + q * all_deviations) / denominator
    return float(errors.mean()) * 2 * _RELATIVE_ERROR


def _repetition(pred: Plane, gt: Plane) -> float:
    """Return for which part of the image rounding errors may add up.

    Each depends on all pixels of a window, so they have either sign by chance and cancel,
    except where windows repeat: in areas of one colour. A least part is assumed, for
    patterns that repeat in other ways.
    """
    pred, gt = pred[::_ROW_STEP], gt[::_ROW_STEP]
    repeated = (pred[:, 1:] == pred[:, :-1]) & (gt[:, 1:] == gt[:, :-1])
    return max(float(repeated.mean()), _LEAST_REPETITION)


def _weights(spec: SSIMSpec) -> Array:
    """Return the 1-D window with a sum of 1.

    What rounding takes away goes to the outermost weights, whose steps are the finest.
    """
    weights = spec.weights.astype(np.float32)
    for _ in range(2):
        weights[[0, -1]] += np.float32((1 - weights.sum(dtype=np.float64)) / 2)
    return weights


def _smooth(plane: Plane, result: Plane, weights: Array) -> None:
    border = cv2.BORDER_CONSTANT
    cv2.sepFilter2D(plane, cv2.CV_32F, weights, weights, dst=result, borderType=border)

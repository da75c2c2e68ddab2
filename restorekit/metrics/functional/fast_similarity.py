"""SSIM over one channel in single precision, where that is precise enough.

It takes half the time of :func:`similarity_map`, and is refused where its error might reach
1e-6 in the mean.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
import numpy.typing as npt

from .planes import Plane, Planes
from .similarity import Workspace
from .ssim_spec import SSIMSpec

Array = npt.NDArray[np.float32]

#: Estimated error of the mean above which the result is refused. Of several thousand pairs
#: made to provoke errors (level areas, patterns, shifts of brightness) the worst that was
#: accepted was wrong by less than 8e-7, and of pairs of photographs by 3e-7.
_LARGEST_ERROR = 7e-7
#: Relative error of σ² in single precision, for planes of one value; the most that was found for
#: whole numbers to 511 is 7.9 roundings.
_RELATIVE_ERROR = 8 * 2.0**-24
#: The part of rounding errors that is taken to add up in any case.
_LEAST_PART = 1 / 16
#: Neighbours that differ by less belong to a level area.
_STEP = 1.5
#: Values that differ by less are the same.
_SAME = 1e-3
#: Below so many pixels double precision is fast enough, and errors average out less.
_FEWEST_PIXELS = 2**16
#: The error is estimated from each so many-th row.
_ROW_STEP = 48


def fast_similarity_map(planes: Planes, spec: SSIMSpec, work: Workspace) -> Array | None:
    """Return SSIM at every pixel, with zeros around the image, or None.

    None is for what single precision may not be precise enough for.

    With s = pred + gt and d = pred - gt, SSIM is (1 - p)(1 - q) with::

        p = μd² / ((μs² + μd²) / 2 + C1),    q = σd² / ((σs² + σd²) / 2 + C2)

    so that rounding errors matter only as far as the images differ. See
    :func:`_estimated_error` for how large they may be.

    Args:
        planes: The images, where 0 to 255 is 0 to ``spec.data_range``.
        spec: Which SSIM; ``padding`` and ``downsample`` are the caller's part.
        work: For images of this size or larger; what it held is overwritten, and the
            result lies in it.
    """
    radius, (height, width) = spec.window_size // 2, planes.gt.shape
    # In an image a few pixels high most of a plane would be border.
    small = min(height, width) < 8 * radius or height * width < _FEWEST_PIXELS
    if small or spec.window != "gaussian" or spec.sample_covariance:
        return None
    c1, c2 = spec.constants
    weights = _weights(spec)
    rows = np.s_[radius : radius + height : _ROW_STEP]
    # With the border around the image. All arithmetic is on whole planes, because rows that
    # are not contiguous would take three times as long; and into the planes at hand, because
    # it is memory that takes the time.
    stack = work.single_precision(5, height + 2 * radius, width + 2 * radius)
    total, difference, mean, square, spare = stack
    middle = _add_and_subtract(planes, radius, total, difference)
    level = _level(total[rows]), _level(difference[rows])
    _smooth(total, mean, weights)
    _smooth(difference, square, weights)
    np.square(stack[:2], out=stack[:2])
    deviations, deviation = total, difference
    _smooth(total, deviations, weights)
    _smooth(difference, deviation, weights)
    smoothed = deviations[rows].copy(), deviation[rows].copy()
    np.square(square, out=square)
    deviation -= square
    np.square(mean, out=spare)
    cv2.addWeighted(deviations, 0.5, spare, -0.5, c2, dst=deviations)
    cv2.scaleAdd(deviation, 0.5, deviations, dst=deviations)
    q = np.divide(deviation, deviations, out=deviation)
    mean += middle
    np.square(mean, out=mean)
    cv2.addWeighted(mean, 0.5, square, 0.5, c1, dst=mean)
    p = np.divide(square, mean, out=square)
    if _estimated_error(smoothed, p[rows], q[rows], deviations[rows], level) > _LARGEST_ERROR:
        return None
    p -= 1
    q -= 1
    similarity: Array = p
    similarity *= q
    return similarity[radius : radius + height, radius : radius + width]


def _add_and_subtract(planes: Planes, radius: int, total: Array, difference: Array) -> int:
    """Put s, less its mean, and d into planes with zeros around the image; return that mean.

    Variances do not depend on what is taken from all values, and rounding errors do.
    """
    pred, gt, unit = planes.pred, planes.gt, planes.unit
    height, width = pred.shape
    inner = np.s_[radius : radius + height, radius : radius + width]
    for plane in (total, difference):
        plane[:radius] = plane[-radius:] = plane[:, :radius] = plane[:, -radius:] = 0
    if pred.dtype == np.uint8 and (unit, planes.zero) == (1, 0):
        # The same, but faster than OpenCV's conversion.
        np.copyto(total[inner], np.add(pred, gt, dtype=np.int16))
        np.copyto(difference[inner], np.subtract(pred, gt, dtype=np.int16))
    else:
        cv2.addWeighted(pred, unit, gt, unit, 2 * planes.zero, dst=total[inner], dtype=cv2.CV_32F)
        cv2.addWeighted(pred, unit, gt, -unit, 0, dst=difference[inner], dtype=cv2.CV_32F)
    middle = round(cv2.sumElems(total)[0] / pred.size)
    total -= middle
    return middle


def _estimated_error(
    smoothed: tuple[Array, Array],
    p: Array,
    q: Array,
    denominator: Array,
    level: tuple[Array, Array],
) -> float:
    """Return how large the error of the mean may be.

    It is that of p and that of q: of q's numerator, as large as the rounding error of the
    smoothed d², and of its denominator, half as large as those of the smoothed s² and d². The
    latter two count as far as rounding errors have one sign.

    Args:
        smoothed: Some rows of s² and of d², smoothed.
        p: The same rows of p.
        q: The same rows of q.
        denominator: The same rows of what q was divided by.
        level: For which part the errors in these rows of s and of d add up.
    """
    deviations, deviation = smoothed
    of_total, of_difference = level
    errors = deviation * of_difference + q / 2 * (deviations + deviation) * of_total
    errors /= denominator
    errors += p
    return _RELATIVE_ERROR * float(errors.mean())


def _level(rows: Array) -> Array:
    """Return for which part rounding errors add up in each pixel.

    Each depends on all pixels of a window, so they have either sign by chance and cancel in
    the mean, except where windows are alike: in level areas, and in drawn patterns, which show
    in rows far apart that are the same. A least part is assumed everywhere.
    """
    part = np.full(rows.shape, _LEAST_PART, np.float32)
    part[:, 1:][np.abs(np.diff(rows, axis=1)) < _STEP] = 1
    same = np.abs(np.diff(rows, axis=0)) < _SAME
    part[1:][same] = 1
    part[:-1][same] = 1
    return part


@functools.lru_cache(maxsize=16)
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

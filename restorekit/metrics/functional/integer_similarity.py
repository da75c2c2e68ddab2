"""SSIM over one channel of bytes with a uniform window, whose sums are whole numbers."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .planes import Plane
from .similarity import Workspace
from .ssim_spec import SSIMSpec

#: The largest window whose product of two sums of bytes fits 32 bits: (13² × 255)² < 2³¹.
_LARGEST_WINDOW = 13


def integer_similarity_map(
    pred: Plane, gt: Plane, spec: SSIMSpec, work: Workspace
) -> npt.NDArray[np.float32] | None:
    """Return SSIM at every pixel, with zeros around the image, or None for other SSIMs.

    The formula of :func:`~restorekit.metrics.functional.similarity.similarity_map`, with the
    numerator and denominator times n² for windows of n pixels. Means, variances and the
    covariance are exact; only the last steps, which have no differences, are in single
    precision, so that no value is wrong by more than 5e-7 of itself.

    Args:
        pred: (H, W), uint8, on the scale of ``spec.data_range``.
        gt: The same shape.
        spec: Which SSIM; ``padding`` and ``downsample`` are the caller's part.
        work: For images of this size or larger; what it held is overwritten, and the result
            lies in it.
    """
    bytes_only = pred.dtype == gt.dtype == np.uint8
    if spec.window != "uniform" or spec.window_size > _LARGEST_WINDOW or not bytes_only:
        return None
    floats = work.single_precision(5, *pred.shape)
    mean, mean_gt, covariance, deviation, product = sums = floats.view(np.int32)
    _add_up(pred, mean, spec)
    _add_up(gt, mean_gt, spec)
    products = np.multiply(pred, gt, dtype=np.uint16)
    _add_up(products, covariance, spec)
    difference = cv2.absdiff(pred, gt)
    np.multiply(difference, difference, out=products, dtype=np.uint16)
    _add_up(products, deviation, spec)
    count = spec.window_size**2
    sums[2:4] *= count
    np.multiply(mean, mean_gt, out=product)
    mean -= mean_gt
    square = np.square(mean, out=mean_gt)
    covariance -= product
    deviation -= square
    for plane, whole in zip(floats[1:], sums[1:], strict=True):
        np.copyto(plane, whole)
    # From here on: numerators and denominators; what is used up takes the results.
    _, halved_square, second, halved_deviation, first = floats
    correction = count / (count - 1) if spec.sample_covariance else 1.0
    c1, c2 = spec.constants
    first += c1 * count**2 / 2
    second += c2 * count**2 / 2 / correction
    halved_square *= 0.5
    halved_square += first
    halved_deviation *= 0.5
    halved_deviation += second
    first *= second
    halved_square *= halved_deviation
    first /= halved_square
    similarity: npt.NDArray[np.float32] = first
    return similarity


def _add_up(plane: Plane, result: npt.NDArray[np.int32], spec: SSIMSpec) -> None:
    size = (spec.window_size, spec.window_size)
    border = cv2.BORDER_CONSTANT
    cv2.boxFilter(plane, cv2.CV_32S, size, dst=result, normalize=False, borderType=border)

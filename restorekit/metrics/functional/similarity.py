"""SSIM over one channel: where measuring spends its time."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from restorekit.errors import DataError

from .planes import Plane
from .ssim_spec import SSIMSpec

FloatPlane = npt.NDArray[np.float64]

_SCRATCH_PLANES = 5


class Workspace:
    """Scratch memory for images up to one size, used again for all that is measured on them.

    It is one allocation: to get fresh memory for each step takes longer than the
    arithmetic.

    Args:
        height: Of the largest image.
        width: Of the largest image.

    Attributes:
        pair: Two planes (height, width), for the channels that a caller compares.
    """

    def __init__(self, height: int, width: int) -> None:
        planes = np.empty((2 + _SCRATCH_PLANES, height, width))
        self.pair: tuple[FloatPlane, FloatPlane] = planes[0], planes[1]
        self._scratch = planes[2:].reshape(-1)

    def scratch(self, shape: tuple[int, ...]) -> FloatPlane:
        """Return five planes of ``shape`` (height, width), the same memory at each call."""
        size = _SCRATCH_PLANES * math.prod(shape)
        return self._scratch[:size].reshape(_SCRATCH_PLANES, *shape)

    def single_precision(self, count: int, height: int, width: int) -> npt.NDArray[np.float32]:
        """Return float32 planes (count, height, width) in the same memory.

        Twice as many as :meth:`scratch` gives fit in, or fewer that are larger.
        """
        size = count * height * width
        return self._scratch.view(np.float32)[:size].reshape(count, height, width)


def similarity_map(pred: Plane, gt: Plane, spec: SSIMSpec, work: Workspace) -> FloatPlane:
    """Return SSIM at every pixel, with zeros around the image; it lies in the workspace.

    Eq. 13 of Wang et al. with d = pred - gt in place of the two variances and the two
    squared means, since μx² + μy² = 2 μx μy + μd² and σx² + σy² = 2 σxy + σd²::

        (μx μy + C1/2) (σxy + C2/2) / ((μx μy + C1/2 + μd²/2) (σxy + C2/2 + σd²/2))

    That needs four smoothed maps instead of five, and is exactly 1 for equal images.

    Args:
        pred: (H, W), uint8 or float64, on the scale of ``spec.data_range``.
        gt: The same shape and type.
        spec: Which SSIM; ``padding`` and ``downsample`` are the caller's part.
        work: For images of this size or larger; what it held is overwritten.
    """
    mean, mean_gt, half_deviation, covariance, product = work.scratch(pred.shape)
    half_square: FloatPlane = mean
    _smooth(pred, mean, spec)
    _smooth(gt, mean_gt, spec)
    if pred.dtype == np.uint8:
        # Products of bytes fit 16 bits; smaller planes are faster to read, and exact too.
        exact = product.reshape(-1).view(np.uint16)[: pred.size].reshape(pred.shape)
        np.multiply(pred, gt, out=exact, dtype=np.uint16)
        _smooth(exact, covariance, spec)
        difference = cv2.absdiff(pred, gt)
        np.multiply(difference, difference, out=exact, dtype=np.uint16)
        _smooth(exact, half_deviation, spec)
    else:
        np.multiply(pred, gt, out=product)
        _smooth(product, covariance, spec)
        np.subtract(pred, gt, out=product)
        np.square(product, out=product)
        _smooth(product, half_deviation, spec)
    half_deviation *= 0.5
    np.multiply(mean, mean_gt, out=product)
    np.subtract(mean, mean_gt, out=half_square)
    np.square(half_square, out=half_square)
    half_square *= 0.5
    half_deviation -= half_square
    covariance -= product
    if spec.sample_covariance:
        count = spec.window_size**2
        half_deviation *= count / (count - 1)
        covariance *= count / (count - 1)
    c1, c2 = spec.constants
    # From here on: numerators and denominators; what is used up takes the results.
    product += c1 / 2
    covariance += c2 / 2
    half_square += product
    half_deviation += covariance
    product *= covariance
    half_square *= half_deviation
    product /= half_square
    similarity: FloatPlane = product
    return similarity


def average(similarity: Plane, spec: SSIMSpec) -> float:
    """Return the mean of a map over the pixels that ``spec.padding`` counts.

    Raises:
        DataError: If there are none, because the image is smaller than the window.
    """
    height, width = similarity.shape
    if spec.padding == "valid":
        if min(height, width) < spec.window_size:
            raise DataError(
                f"SSIM needs at least {spec.window_size}×{spec.window_size} pixels but the image "
                f"has {height}×{width}; leave the image out or use a protocol with padding='zero'."
            )
        radius = spec.window_size // 2
        similarity = similarity[radius : height - radius, radius : width - radius]
    return float(cv2.sumElems(similarity)[0]) / similarity.size


def _smooth(plane: Plane, result: FloatPlane, spec: SSIMSpec) -> None:
    """Put the windowed mean of ``plane`` into ``result``."""
    border = cv2.BORDER_CONSTANT
    if spec.window == "uniform":
        size = (spec.window_size, spec.window_size)
        cv2.boxFilter(plane, cv2.CV_64F, size, dst=result, borderType=border)
    else:
        weights = spec.weights
        cv2.sepFilter2D(plane, cv2.CV_64F, weights, weights, dst=result, borderType=border)

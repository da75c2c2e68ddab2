"""Structural similarity, with every choice that papers make differently spelled out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import cv2
import numpy as np
import numpy.typing as npt

from ...errors import ConfigError, DataError
from .checks import check_same_shape

Window = Literal["gaussian", "uniform"]
Padding = Literal["valid", "zero"]
Array = npt.NDArray[np.float64]

#: Short side to which MATLAB's ``ssim.m`` brings images before it measures them.
_DOWNSAMPLED_SIDE = 256


@dataclass(frozen=True)
class SSIMSpec:
    """Which SSIM is meant; the default is the published one on 8-bit images.

    SSIM is that of Wang et al., "Image quality assessment: from error visibility to
    structural similarity", IEEE TIP 2004, eq. 13, averaged over pixels and channels.

    Args:
        window: ``gaussian`` (Wang et al.) or ``uniform`` (scikit-image's default).
        window_size: Side of the window in pixels, odd; 11 for Gaussian, 7 for uniform.
        sigma: Standard deviation of the Gaussian in pixels.
        padding: ``valid`` averages over the pixels whose window lies inside the image;
            ``zero`` pads with zeros and averages over all of them (Po-Hsun Su's PyTorch
            code, which RESCAN and DCSFN use).
        sample_covariance: Whether variances are divided by n - 1 (scikit-image's default)
            instead of n, where n is the number of pixels in the window.
        downsample: Whether images are first averaged over f×f pixels and thinned out by
            f = max(1, round(short side / 256)), as Wang's later ``ssim.m`` does by itself.
            f is 1 below a short side of 384 pixels; from there on SSIM is another number,
            for restored images mostly a higher one (by 0.014 to 0.022 in published tables).
        data_range: Span of the image values.
        k1: Constant of the luminance term.
        k2: Constant of the contrast term.

    Raises:
        ConfigError: If a value cannot be used.
    """

    window: Window = "gaussian"
    window_size: int = 11
    sigma: float = 1.5
    padding: Padding = "valid"
    sample_covariance: bool = False
    downsample: bool = False
    data_range: float = 255.0
    k1: float = 0.01
    k2: float = 0.03

    def __post_init__(self) -> None:
        if self.window not in get_args(Window):
            raise ConfigError(f"SSIMSpec: window is {self.window!r}; use 'gaussian' or 'uniform'.")
        if self.padding not in get_args(Padding):
            raise ConfigError(f"SSIMSpec: padding is {self.padding!r}; use 'valid' or 'zero'.")
        if self.window_size < 3 or self.window_size % 2 == 0:
            raise ConfigError(
                f"SSIMSpec: window_size is {self.window_size}, but must be an odd number from 3 "
                "on; 11 is usual for a Gaussian window and 7 for a uniform one."
            )
        for field in ("sigma", "data_range"):
            if getattr(self, field) <= 0:
                raise ConfigError(
                    f"SSIMSpec: {field} is {getattr(self, field)}, but must be above zero."
                )

    def weights(self) -> Array:
        """Return the 1-D window; the 2-D one is its outer product with itself."""
        if self.window == "uniform":
            return np.full(self.window_size, 1 / self.window_size)
        offsets = np.arange(self.window_size) - self.window_size // 2
        bell = np.exp(-(offsets**2) / (2 * self.sigma**2))
        weights: Array = bell / bell.sum()
        return weights


def ssim(pred: npt.NDArray[Any], gt: npt.NDArray[Any], spec: SSIMSpec = SSIMSpec()) -> float:
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
    x, y = (downsample(pred), downsample(gt)) if spec.downsample else (pred, gt)
    if spec.padding == "valid" and min(x.shape[:2]) < spec.window_size:
        raise DataError(
            f"SSIM needs at least {spec.window_size}×{spec.window_size} pixels but the image has "
            f"{x.shape[0]}×{x.shape[1]}; leave the image out or use a protocol with "
            "padding='zero'."
        )
    # Shared by the channels: allocating fresh planes takes longer than the arithmetic.
    planes = np.empty((5, *x.shape[:2]))
    if x.ndim == 2:
        return _ssim_of_channel(x, y, spec, planes)
    count: int = x.shape[2]
    total = 0.0
    for channel in range(count):
        total += _ssim_of_channel(x[..., channel], y[..., channel], spec, planes)
    return total / count


def _ssim_of_channel(
    pred: npt.NDArray[Any], gt: npt.NDArray[Any], spec: SSIMSpec, planes: Array
) -> float:
    """Return the mean SSIM of two (H, W) channels; the five ``planes`` are scratch space."""
    weights = spec.weights()

    def smooth(plane: Array, result: Array) -> None:
        cv2.sepFilter2D(
            plane, cv2.CV_64F, weights, weights, dst=result, borderType=cv2.BORDER_CONSTANT
        )

    x, y, mean_x, mean_y, product = planes
    np.copyto(x, pred)
    np.copyto(y, gt)
    smooth(x, mean_x)
    smooth(y, mean_y)
    np.multiply(x, y, out=product)
    x *= x
    y *= y
    x += y
    # Only the sum of the two variances is needed, so x² + y² is smoothed once; the planes
    # of x and y, no longer needed, take the results.
    variances, covariance = y, x
    smooth(x, variances)
    smooth(product, covariance)
    np.multiply(mean_x, mean_y, out=product)
    mean_x *= mean_x
    mean_y *= mean_y
    mean_x += mean_y
    mean_product, mean_squares = product, mean_x
    variances -= mean_squares
    covariance -= mean_product
    if spec.sample_covariance:
        count = spec.window_size**2
        variances *= count / (count - 1)
        covariance *= count / (count - 1)
    similarity = _combine(mean_product, covariance, mean_squares, variances, spec)
    radius = spec.window_size // 2 if spec.padding == "valid" else 0
    height, width = similarity.shape
    return float(similarity[radius : height - radius, radius : width - radius].mean())


def _combine(
    mean_product: Array, covariance: Array, mean_squares: Array, variances: Array, spec: SSIMSpec
) -> Array:
    """Return eq. 13 of Wang et al., pixel by pixel, in the first plane; all are overwritten."""
    c1, c2 = (spec.k1 * spec.data_range) ** 2, (spec.k2 * spec.data_range) ** 2
    for plane, factor, constant in (
        (mean_product, 2, c1),
        (covariance, 2, c2),
        (mean_squares, 1, c1),
        (variances, 1, c2),
    ):
        plane *= factor
        plane += constant
    mean_product *= covariance
    mean_squares *= variances
    mean_product /= mean_squares
    return mean_product


def downsampling_factor(height: int, width: int) -> int:
    """Return MATLAB's max(1, round(min(height, width) / 256)), which rounds halves up."""
    return max(1, math.floor(min(height, width) / _DOWNSAMPLED_SIDE + 0.5))


def downsample(image: npt.NDArray[Any]) -> Array:
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
    thinned: Array = smoothed[::factor, ::factor]
    return thinned

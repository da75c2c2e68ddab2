"""PSNR, SSIM and NIQE in their plain form, as many repositories have them, for comparison.

They follow basicsr step by step: every map is filtered with a two-dimensional window, and every
block is fitted separately. The results equal restorekit's.
"""

from __future__ import annotations

import functools
import math

import cv2
import numpy as np
import numpy.typing as npt

from restorekit.metrics.functional.niqe import distance_from_photographs

Image = npt.NDArray[np.uint8]
Array = npt.NDArray[np.float64]


def psnr_and_ssim_on_y(pred: Image, gt: Image) -> tuple[float, float]:
    """Return PSNR in dB and SSIM on studio-range luma.

    Args:
        pred: RGB, (H, W, 3), uint8.
        gt: The same shape.
    """
    x, y = _luma(pred), _luma(gt)
    psnr = 20 * np.log10(255 / np.sqrt(np.mean((x - y) ** 2)))
    column = cv2.getGaussianKernel(11, 1.5)
    window = column @ column.T

    def smooth(plane: Array) -> Array:
        return np.asarray(cv2.filter2D(plane, -1, window)[5:-5, 5:-5], dtype=np.float64)

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_x, mean_y = smooth(x), smooth(y)
    variance_x = smooth(x**2) - mean_x**2
    variance_y = smooth(y**2) - mean_y**2
    covariance = smooth(x * y) - mean_x * mean_y
    similarity = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    similarity /= (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return float(psnr), float(similarity.mean())


def niqe(image: Image) -> float:
    """Return NIQE on rounded studio-range luma.

    Args:
        image: RGB, (H, W, 3), uint8; not flat.
    """
    luma = np.round(_luma(image))
    rows, columns = (length // 96 for length in luma.shape)
    luma = luma[: rows * 96, : columns * 96]
    column = cv2.getGaussianKernel(7, 7 / 6)
    window = column @ column.T
    scales = []
    for side in (96, 48):
        border = cv2.BORDER_REPLICATE
        mean = cv2.filter2D(luma, -1, window, borderType=border)
        squares = cv2.filter2D(luma**2, -1, window, borderType=border)
        normalized = (luma - mean) / (np.sqrt(np.abs(squares - mean**2)) + 1)
        corners = [(side * row, side * column) for row in range(rows) for column in range(columns)]
        scales.append([_features(normalized[i : i + side, j : j + side]) for i, j in corners])
        # MATLAB's bicubic reduction to half the size.
        weights = np.array([-3, -9, 29, 111, 111, 29, -9, -3]) / 256
        mirror = cv2.BORDER_REFLECT
        luma = cv2.sepFilter2D(luma, -1, weights, weights, anchor=(3, 3), borderType=mirror)[
            ::2, ::2
        ]
    return distance_from_photographs(np.concatenate(scales, axis=1))


def _features(block: Array) -> list[float]:
    shape, left, right = _fit(block)
    features = [shape, (left + right) / 2]
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        shape, left, right = _fit(block * np.roll(block, shift, axis=(0, 1)))
        mean = (right - left) * math.gamma(2 / shape) / math.gamma(1 / shape)
        features += [shape, mean, left, right]
    return features


def _fit(values: Array) -> tuple[float, float, float]:
    """Return shape, left and right scale of an asymmetric generalised Gaussian."""
    shapes, ratios = _ratios()
    left = np.sqrt(np.mean(values[values < 0] ** 2))
    right = np.sqrt(np.mean(values[values > 0] ** 2))
    balance = left / right
    ratio = np.mean(np.abs(values)) ** 2 / np.mean(values**2)
    ratio *= (balance**3 + 1) * (balance + 1) / (balance**2 + 1) ** 2
    shape = float(shapes[np.argmin((ratios - ratio) ** 2)])
    scale = math.sqrt(math.gamma(1 / shape) / math.gamma(3 / shape))
    return shape, left * scale, right * scale


@functools.cache
def _ratios() -> tuple[Array, Array]:
    shapes = np.arange(200, 10_001) / 1000
    gamma = np.vectorize(math.gamma)
    return shapes, gamma(2 / shapes) ** 2 / (gamma(1 / shapes) * gamma(3 / shapes))


def _luma(rgb: Image) -> Array:
    red, green, blue = (rgb[..., channel].astype(np.float64) for channel in range(3))
    return (65.481 * red + 128.553 * green + 24.966 * blue) / 255 + 16

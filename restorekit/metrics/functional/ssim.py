"""Structural similarity."""

from __future__ import annotations

import dataclasses
import functools
import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import cv2
import numpy as np
import numpy.typing as npt

from restorekit.errors import ConfigError, DataError

from .psnr import check_same_shape

Image = npt.NDArray[Any]
FloatImage = npt.NDArray[np.float64]
Window = Literal["gaussian", "uniform"]
Padding = Literal["valid", "zero"]

#: Short side to which MATLAB's ``ssim.m`` reduces images before it measures them.
_DOWNSAMPLED_SIDE = 256
#: SSIM is computed in tiles of this many rows and at most so many columns, whose arrays stay in
#: the processor's cache.
_TILE_ROWS, _TILE_COLUMNS = 16, 512
#: Columns that one matrix product filters.
_BLOCK = 16


@dataclass(frozen=True)
class SSIMSpec:
    """The choices within SSIM that papers make differently.

    SSIM is that of Wang et al., "Image quality assessment: from error visibility to
    structural similarity", IEEE TIP 2004, eq. 13, averaged over pixels and channels. The
    default is the published one on 8-bit images.

    Args:
        window: ``gaussian`` (Wang et al.) or ``uniform`` (scikit-image's default).
        window_size: Side of the window in pixels, odd; 11 for Gaussian, 7 for uniform.
        sigma: Standard deviation of the Gaussian in pixels.
        padding: ``valid`` averages over the pixels whose window lies inside the image;
            ``zero`` pads with zeros and averages over all pixels (Po-Hsun Su's PyTorch
            code, which RESCAN and DCSFN use).
        sample_covariance: Whether variances are divided by n - 1 (scikit-image's default)
            instead of n, where n is the number of pixels in the window.
        downsample: Whether images are first averaged over f×f pixels and subsampled by
            f = max(1, round(short side / 256)), as Wang's later ``ssim.m`` always does. f is 1
            below a short side of 384 pixels. From there on SSIM differs, and is mostly higher for
            restored images (by 0.014 to 0.022 in published tables).
        data_range: Span of the image values.
        k1: Constant of the luminance term.
        k2: Constant of the contrast term.

    Raises:
        ConfigError: If a value is invalid.
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
                f"SSIMSpec: window_size is {self.window_size}, but must be an odd number of at "
                "least 3; 11 is usual for a Gaussian window and 7 for a uniform one."
            )
        for field in ("sigma", "data_range"):
            if getattr(self, field) <= 0:
                raise ConfigError(
                    f"SSIMSpec: {field} is {getattr(self, field)}, but must be above zero."
                )

    @functools.cached_property
    def constants(self) -> tuple[float, float]:
        """C1 and C2 of eq. 13."""
        return (self.k1 * self.data_range) ** 2, (self.k2 * self.data_range) ** 2

    @functools.cached_property
    def weights(self) -> FloatImage:
        """The 1-D window; the 2-D window is its outer product with itself."""
        if self.window == "uniform":
            return np.full(self.window_size, 1 / self.window_size)
        offsets = np.arange(self.window_size) - self.window_size // 2
        bell = np.exp(-(offsets**2) / (2 * self.sigma**2))
        weights: FloatImage = bell / bell.sum()
        return weights

    @functools.cached_property
    def map_spec(self) -> SSIMSpec:
        """The spec of the whole map, of which ``padding`` says what part is averaged."""
        return dataclasses.replace(self, padding="zero")

    @functools.cached_property
    def without_downsampling(self) -> SSIMSpec:
        """The same spec for images that are too small to be downsampled."""
        return dataclasses.replace(self, downsample=False)


#: SSIM as it was published.
_PUBLISHED = SSIMSpec()


def ssim(pred: Image, gt: Image, spec: SSIMSpec = _PUBLISHED) -> float:
    """Return the mean SSIM of two images.

    Args:
        pred: Restored image, (H, W) or (H, W, C), on the scale of ``spec.data_range``.
        gt: Ground truth, the same shape and scale.
        spec: Which SSIM.

    Raises:
        DataError: If the shapes differ, or if the image is smaller than the window and
            ``spec.padding`` is ``valid``.
    """
    check_same_shape(pred, gt)
    if pred.ndim == 2:
        pred, gt = pred[..., None], gt[..., None]
    total = sum(
        average(similarity_map(pred[..., channel], gt[..., channel], spec), spec)
        for channel in range(pred.shape[2])
    )
    return float(total / pred.shape[2])


def average(similarity: FloatImage, spec: SSIMSpec) -> float:
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
    return float(similarity.mean())


def similarity_map(pred: Image, gt: Image, spec: SSIMSpec) -> FloatImage:
    """Return SSIM at every pixel of one channel, with zeros around the image, in float64.

    With s = pred + gt and d = pred - gt, eq. 13 of Wang et al. reads::

        (μs² - μd² + 2 C1) (σs² - σd² + 2 C2) / ((μs² + μd² + 2 C1) (σs² + σd² + 2 C2))

    That takes four filtered maps instead of five, and is exactly 1 for equal images.

    Args:
        pred: (H, W), on the scale of ``spec.data_range``.
        gt: The same shape and scale.
        spec: Which SSIM; ``padding`` makes no difference here.
    """
    if spec.downsample:
        pred, gt = downsample(pred), downsample(gt)
    if pred.dtype != np.uint8 or gt.dtype != np.uint8:
        pred, gt = pred.astype(np.float64, copy=False), gt.astype(np.float64, copy=False)
    height, width = pred.shape
    radius = spec.window_size // 2
    rows = _TILE_ROWS
    columns = _round_up(math.ceil(width / math.ceil(width / _TILE_COLUMNS)), _BLOCK)
    # Padded, so that every tile is a full one.
    below, beyond = _round_up(height, rows) - height, _round_up(width, columns) - width
    border = (radius, radius + below, radius, radius + beyond)
    pred, gt = (
        cv2.copyMakeBorder(np.ascontiguousarray(plane), *border, borderType=cv2.BORDER_CONSTANT)
        for plane in (pred, gt)
    )
    similarity = np.empty((height + below, width + beyond))
    tile = _Tile(spec, rows, columns)
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            window = np.s_[top : top + rows + 2 * radius, left : left + columns + 2 * radius]
            inner = np.s_[top : top + rows, left : left + columns]
            tile.measure(pred[window], gt[window], out=similarity[inner])
    return similarity[:height, :width]


class _Tile:
    """SSIM of part of an image.

    A window that moves over n pixels is a matrix of n rows, each with the window's weights one
    column further right. So filtering is two matrix products, down the columns and along the
    rows. In double precision they are faster than OpenCV's separable filter.
    """

    def __init__(self, spec: SSIMSpec, rows: int, columns: int) -> None:
        self._spec = spec
        border = spec.window_size - 1
        self._down = _moving_window(spec, rows)
        self._along = np.ascontiguousarray(_moving_window(spec, _BLOCK).T)
        # Of s, d, s² and d².
        self._values = np.empty((4, rows + border, columns + border))
        self._halfway = np.empty((4, rows, columns + border))
        self._filtered = np.empty((4, rows, columns))
        self._differences = np.empty((2, rows, columns))
        # The same memory in blocks of columns, which overlap by the window.
        blocks = np.lib.stride_tricks.sliding_window_view(
            self._halfway.reshape(4 * rows, -1), _BLOCK + border, axis=1
        )
        self._blocks = blocks[:, ::_BLOCK].swapaxes(0, 1)
        self._filtered_blocks = self._filtered.reshape(4 * rows, -1, _BLOCK).swapaxes(0, 1)

    def measure(self, pred: Image, gt: Image, out: FloatImage) -> None:
        """Put SSIM into ``out``, which is smaller than the images by the window's border."""
        values, filtered = self._values, self._filtered
        c1, c2 = self._spec.constants
        if pred.dtype == np.uint8:
            values[0] = np.add(pred, gt, dtype=np.int16)
            values[1] = np.subtract(pred, gt, dtype=np.int16)
        else:
            np.add(pred, gt, out=values[0])
            np.subtract(pred, gt, out=values[1])
        np.square(values[:2], out=values[2:])
        np.matmul(self._down, values, out=self._halfway)
        np.matmul(self._blocks, self._along, out=self._filtered_blocks)
        means, deviations = filtered[:2], filtered[2:]
        np.square(means, out=means)
        deviations -= means
        if self._spec.sample_covariance:
            count = self._spec.window_size**2
            deviations *= count / (count - 1)
        of_total, of_difference = filtered[::2], filtered[1::2]
        of_total[0] += 2 * c1
        of_total[1] += 2 * c2
        first, second = np.subtract(of_total, of_difference, out=self._differences)
        of_total += of_difference
        first *= second
        of_total[0] *= of_total[1]
        np.divide(first, of_total[0], out=out)


def _moving_window(spec: SSIMSpec, count: int) -> FloatImage:
    """Return (count, count + window_size - 1): the window at ``count`` positions."""
    matrix = np.zeros((count, count + spec.window_size - 1))
    for position, row in enumerate(matrix):
        row[position : position + spec.window_size] = spec.weights
    return matrix


def _round_up(number: int, multiple: int) -> int:
    return math.ceil(number / multiple) * multiple


def downsampling_factor(height: int, width: int) -> int:
    """Return MATLAB's max(1, round(min(height, width) / 256)), which rounds halves up."""
    return max(1, math.floor(min(height, width) / _DOWNSAMPLED_SIDE + 0.5))


def downsample(image: Image) -> FloatImage:
    """Return the image that ``ssim.m`` measures in place of a large one.

    MATLAB: ``imfilter(img, ones(f) / f^2, 'symmetric', 'same')`` and then
    ``img(1:f:end, 1:f:end)``; the centre of an even box is left of and above its middle.

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
    subsampled: FloatImage = smoothed[::factor, ::factor]
    return subsampled

"""The choices within SSIM that papers make differently."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from restorekit.errors import ConfigError

Window = Literal["gaussian", "uniform"]
Padding = Literal["valid", "zero"]


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

    @functools.cached_property
    def constants(self) -> tuple[float, float]:
        """C1 and C2 of eq. 13."""
        return (self.k1 * self.data_range) ** 2, (self.k2 * self.data_range) ** 2

    @functools.cached_property
    def weights(self) -> npt.NDArray[np.float64]:
        """The 1-D window; the 2-D one is its outer product with itself."""
        if self.window == "uniform":
            return np.full(self.window_size, 1 / self.window_size)
        offsets = np.arange(self.window_size) - self.window_size // 2
        bell = np.exp(-(offsets**2) / (2 * self.sigma**2))
        weights: npt.NDArray[np.float64] = bell / bell.sum()
        return weights

    @functools.cached_property
    def map_spec(self) -> SSIMSpec:
        """The spec with the same map of SSIM, whichever part of it ``padding`` counts."""
        return dataclasses.replace(self, padding="zero")

    @functools.cached_property
    def without_downsampling(self) -> SSIMSpec:
        """The same spec for images that are too small to be downsampled."""
        return dataclasses.replace(self, downsample=False)

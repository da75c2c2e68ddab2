"""The negative SSIM loss that DCSFN and PReNet are trained with."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorekit.errors import ConfigError, DataError
from restorekit.registry import MODELS

from .precision import full_precision_pair, without_autocast

Padding = Literal["zero", "valid"]


def mean_ssim(
    pred: Tensor,
    gt: Tensor,
    window_size: int = 11,
    sigma: float = 1.5,
    padding: Padding = "zero",
    data_range: float = 1.0,
) -> Tensor:
    """Return the mean SSIM over batch, channels and pixels, a scalar.

    Wang et al., IEEE TIP 2004, equation 13, with a Gaussian window.

    Args:
        pred: (N, C, H, W), float32 or float64.
        gt: The same shape and type.
        window_size: Side of the Gaussian window in pixels, odd.
        sigma: Standard deviation of the window in pixels.
        padding: ``zero`` pads with zeros and averages over all pixels; ``valid`` averages
            over the pixels whose window lies inside the image.
        data_range: Range L of the image values, for the constants (0.01 L)² and (0.03 L)².

    Example:
        >>> pred, gt = torch.full((1, 3, 16, 16), 0.6), torch.full((1, 3, 16, 16), 0.5)
        >>> mean_ssim(pred, gt, padding="valid")
        tensor(0.9836)
    """
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    border = window_size // 2 if padding == "zero" else 0

    def smooth(images: Tensor) -> Tensor:
        return _gaussian_filter(images, window_size, sigma, border)

    mean_x, mean_y = smooth(pred), smooth(gt)
    variance_x = smooth(pred * pred) - mean_x * mean_x
    variance_y = smooth(gt * gt) - mean_y * mean_y
    covariance = smooth(pred * gt) - mean_x * mean_y
    ssim = ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
        (mean_x * mean_x + mean_y * mean_y + c1) * (variance_x + variance_y + c2)
    )
    return ssim.mean()


def _gaussian_filter(images: Tensor, size: int, sigma: float, padding: int) -> Tensor:
    """Filter each channel, along columns and then along rows."""
    channels = images.shape[1]
    offsets = torch.arange(size, dtype=images.dtype, device=images.device) - size // 2
    weights = torch.exp(-offsets.square() / (2 * sigma**2))
    kernel = (weights / weights.sum()).expand(channels, 1, 1, -1)
    images = F.conv2d(images, kernel.mT, padding=(padding, 0), groups=channels)
    return F.conv2d(images, kernel, padding=(0, padding), groups=channels)


@MODELS.register_module()
class SSIMLoss(nn.Module):
    """Negative SSIM, the only training loss of DCSFN and PReNet.

    SSIM is that of Wang et al. (IEEE TIP 2004, eq. 13) with the choices of both released
    codes: an 11×11 Gaussian window of σ 1.5, *zero padding* (the published SSIM has none),
    each colour channel separately, and constants for images in [0, 1]. A perfect image has
    the loss ``-loss_weight``.

    The loss is computed in float32 even under autocast, or in float64 for float64 input:
    variances are small differences of large numbers, which bf16 loses.

    Args:
        window_size: Side of the Gaussian window in pixels, odd.
        sigma: Standard deviation of the window in pixels.
        padding: ``zero``, or ``valid`` for SSIM as published and as usually measured.
        data_range: Range of the image values.
        loss_weight: Factor of the negative SSIM.

    Raises:
        ConfigError: If an argument cannot be used.

    Example:
        >>> pred, gt = torch.full((1, 3, 16, 16), 0.6), torch.full((1, 3, 16, 16), 0.5)
        >>> SSIMLoss(padding="valid")(pred, gt)
        tensor(-0.9836)
    """

    def __init__(
        self,
        window_size: int = 11,
        sigma: float = 1.5,
        padding: Padding = "zero",
        data_range: float = 1.0,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        if window_size < 1 or window_size % 2 == 0:
            raise ConfigError(
                f"SSIMLoss: window_size is {window_size}, but must be an odd number; use 11."
            )
        if padding not in ("zero", "valid"):
            raise ConfigError(f"SSIMLoss: padding is {padding!r}; use 'zero' or 'valid'.")
        if sigma <= 0 or data_range <= 0:
            raise ConfigError(
                f"SSIMLoss: sigma is {sigma} and data_range {data_range}, but both must be "
                "above zero; use 1.5 and, for images in [0, 1], 1.0."
            )
        self.window_size = window_size
        self.sigma = sigma
        self.padding: Padding = padding
        self.data_range = data_range
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, gt: Tensor) -> Tensor:
        """Return minus the mean SSIM times ``loss_weight``.

        Args:
            pred: Restored images, (N, C, H, W), RGB, about [0, 1].
            gt: Ground truth, the same shape.

        Raises:
            DataError: If the shapes differ or are not (N, C, H, W), or if the images are
                smaller than the window and ``padding`` is ``valid``.
        """
        with without_autocast(pred):
            pred, gt = full_precision_pair(pred, gt, "SSIMLoss")
            self._check(pred)
            return -self.loss_weight * self.mean_ssim(pred, gt)

    def mean_ssim(self, pred: Tensor, gt: Tensor) -> Tensor:
        """Return the mean SSIM over batch, channels and pixels, a scalar."""
        return mean_ssim(pred, gt, self.window_size, self.sigma, self.padding, self.data_range)

    def _check(self, pred: Tensor) -> None:
        if pred.ndim != 4:
            raise DataError(
                f"SSIMLoss needs batches of images (N, C, H, W) but got the shape "
                f"{tuple(pred.shape)}; add the missing dimension with unsqueeze(0)."
            )
        if self.padding == "valid" and min(pred.shape[-2:]) < self.window_size:
            raise DataError(
                f"SSIMLoss with padding='valid' needs images of at least {self.window_size}×"
                f"{self.window_size} pixels but got {pred.shape[-2]}×{pred.shape[-1]}; use a "
                "larger patch, a smaller window_size or padding='zero'."
            )

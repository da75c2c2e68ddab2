"""The two losses that REHEN adds to the squared error, one from SSIM and one from PSNR."""

from __future__ import annotations

from torch import Tensor, nn

from restorekit.registry import MODELS

from .precision import full_precision_pair, without_autocast
from .ssim import SSIMLoss


@MODELS.register_module()
class LogSSIMLoss(nn.Module):
    """log(1 / (SSIM + eps)), REHEN's structural loss.

    Yang and Lu, ACM MM 2019, and the released code: SSIM with an 11×11 Gaussian window of
    σ 1.5, without padding, on each colour channel separately, for images in [0, 1].
    Departure: a negative mean SSIM, which has no logarithm, counts as zero.

    Args:
        eps: Added to SSIM.
        loss_weight: Factor of the loss.

    Example:
        >>> pred, gt = torch.full((1, 3, 16, 16), 0.6), torch.full((1, 3, 16, 16), 0.5)
        >>> LogSSIMLoss()(pred, gt)
        tensor(0.0165)
    """

    def __init__(self, eps: float = 1e-5, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.negative_ssim = SSIMLoss(padding="valid")
        self.eps = eps
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, gt: Tensor) -> Tensor:
        """Return the weighted loss.

        Args:
            pred: Restored images, (N, C, H, W), RGB, about [0, 1].
            gt: Ground truth, the same shape.

        Raises:
            DataError: If the shapes differ or the images are smaller than the window.
        """
        ssim: Tensor = -self.negative_ssim(pred, gt)
        return -self.loss_weight * (ssim.clamp_min(0) + self.eps).log()


@MODELS.register_module()
class InversePSNRLoss(nn.Module):
    """1 / (PSNR + eps), REHEN's loss on the signal-to-noise ratio.

    Yang and Lu, ACM MM 2019, and the released code: PSNR is the mean over the images, in dB
    with peak 1. Departures, so that the loss is always finite and never rises as the error
    falls: an image's PSNR above 100 dB counts as 100 dB, and a mean below 1 dB as 1 dB.

    Args:
        eps: Added to PSNR.
        loss_weight: Factor of the loss.

    Example:
        >>> pred, gt = torch.full((1, 3, 16, 16), 0.6), torch.full((1, 3, 16, 16), 0.5)
        >>> InversePSNRLoss()(pred, gt)
        tensor(0.0500)
    """

    def __init__(self, eps: float = 1e-3, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.eps = eps
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, gt: Tensor) -> Tensor:
        """Return the weighted loss.

        Args:
            pred: Restored images, (N, C, H, W), RGB, about [0, 1].
            gt: Ground truth, the same shape.

        Raises:
            DataError: If the shapes differ.
        """
        with without_autocast(pred):
            pred, gt = full_precision_pair(pred, gt, "InversePSNRLoss")
            mse = (pred - gt).square().mean(dim=(1, 2, 3))
            psnr = -10 * mse.clamp_min(1e-10).log10()
            return self.loss_weight / (psnr.mean().clamp_min(1) + self.eps)

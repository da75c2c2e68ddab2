"""Minus PSNR as a loss."""

from __future__ import annotations

import math
from typing import Literal

from torch import Tensor, nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .precision import full_precision_pair, without_autocast

#: Weights of R, G and B in the luma of ITU-R BT.601, which runs from 16 to 235 of 255.
_LUMA = (65.481 / 255, 128.553 / 255, 24.966 / 255)


@MODELS.register_module()
class PSNRLoss(nn.Module):
    """The mean over the images of 10 log10(MSE + eps), which is minus their PSNR in dB.

    The loss of HINet (CVPRW 2021) and NAFNet (ECCV 2022), as released. Unlike that of a mean
    squared error, its gradient does not shrink as the error does; ``eps`` caps PSNR at 80 dB.

    Args:
        channel: ``rgb``, or ``y`` for the luma of ITU-R BT.601 in [16, 235] / 255.
        eps: Added to each image's mean squared error; above zero.
        loss_weight: Factor of the loss.

    Raises:
        ConfigError: If an argument cannot be used.

    Example:
        >>> pred, gt = torch.full((1, 3, 16, 16), 0.6), torch.full((1, 3, 16, 16), 0.5)
        >>> PSNRLoss()(pred, gt)
        tensor(-20.0000)
    """

    def __init__(
        self, channel: Literal["rgb", "y"] = "rgb", eps: float = 1e-8, loss_weight: float = 1.0
    ) -> None:
        super().__init__()
        if channel not in ("rgb", "y"):
            raise ConfigError(f"PSNRLoss: channel is {channel!r}; use 'rgb' or 'y'.")
        if eps <= 0:
            raise ConfigError(
                f"PSNRLoss: eps is {eps}, but must be above zero, or equal images would have an "
                "infinite loss; use 1e-8."
            )
        self.channel = channel
        self.eps = eps
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, gt: Tensor) -> Tensor:
        """Return the weighted loss, negative for good images.

        Args:
            pred: Restored images, (N, 3, H, W), RGB, about [0, 1].
            gt: Ground truth, the same shape.

        Raises:
            DataError: If the shapes differ.
        """
        with without_autocast(pred):
            pred, gt = full_precision_pair(pred, gt, "PSNRLoss")
            difference = pred - gt
            if self.channel == "y":
                # The offset of 16/255 cancels out.
                weights = difference.new_tensor(_LUMA).view(1, 3, 1, 1)
                difference = (difference * weights).sum(dim=1, keepdim=True)
            mse = difference.square().mean(dim=(1, 2, 3))
            return self.loss_weight * 10 / math.log(10) * (mse + self.eps).log().mean()

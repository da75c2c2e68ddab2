"""Layer normalisation over the channels of each pixel."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.registry import MODELS


@MODELS.register_module()
class ChannelNorm(nn.Module):
    """Layer normalisation over the channels of each pixel.

    The form without a bias (Restormer's ``BiasFree``) divides by the standard deviation and
    does not subtract the mean.

    Args:
        channels: Channels of the features.
        bias: Whether to subtract the mean and add a learned bias.
        eps: Added to the variance.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(self, channels: int, bias: bool = True, eps: float = 1e-5) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalise features (N, channels, H, W)."""
        x = x.movedim(1, -1)
        if self.bias is None:
            variance = x.var(dim=-1, keepdim=True, correction=0)
            x = x * torch.rsqrt(variance + self.eps) * self.weight
        else:
            x = F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)
        return x.movedim(-1, 1)

"""The feed-forward part of a transformer block, with a gate and a depthwise convolution."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.registry import MODELS


@MODELS.register_module()
class GatedFeedForward(nn.Module):
    """Two branches of a 1×1 and a depthwise 3×3 convolution; one gates the other (GDFN).

    Zamir et al., "Restormer", CVPR 2022, section 3.2.

    Args:
        channels: Channels of input and output.
        hidden_channels: Channels of a branch.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(self, channels: int, hidden_channels: int) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "hidden_channels", hidden_channels, 1)
        both = 2 * hidden_channels
        self.expand = nn.Sequential(
            nn.Conv2d(channels, both, 1, bias=False),
            nn.Conv2d(both, both, 3, padding=1, groups=both, bias=False),
        )
        self.out = nn.Conv2d(hidden_channels, channels, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        gate, value = self.expand(x).chunk(2, dim=1)
        result: torch.Tensor = self.out(F.gelu(gate) * value)
        return result

"""NLEDN's non-locally enhanced dense block."""

from __future__ import annotations

import torch
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.registry import MODELS

from .non_local import NonLocalAttention


@MODELS.register_module()
class NonLocalDenseBlock(nn.Module):
    """Non-local attention and densely connected convolutions, added to the input.

    NLEDN (ACM MM 2018): attention over the map or within the cells of a grid; ``num_layers``
    3×3 convolutions with ReLU, each reading the results of the attention and of all
    convolutions before it; and a 1×1 convolution that fuses everything.

    Args:
        channels: Channels of input and output.
        growth: Channels that each convolution adds.
        num_layers: Convolutions.
        grid: Number of cells along each side; see
            :class:`~restorekit.archs.blocks.non_local.NonLocalAttention`.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(self, channels: int, growth: int = 32, num_layers: int = 4, grid: int = 1) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "growth", growth, 1)
        require_int(self, "num_layers", num_layers, 1)
        self.attention = NonLocalAttention(channels, grid=grid)
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels + i * growth, growth, 3, padding=1), nn.ReLU())
            for i in range(num_layers)
        )
        self.fusion = nn.Conv2d(channels + num_layers * growth, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        features = self.attention(x)
        for layer in self.layers:
            features = torch.cat([features, layer(features)], dim=1)
        fused: torch.Tensor = self.fusion(features)
        return fused + x

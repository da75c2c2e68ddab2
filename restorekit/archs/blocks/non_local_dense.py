"""NLEDN's non-locally enhanced dense block."""

from __future__ import annotations

import torch
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.registry import MODELS

from .non_local import NonLocalAttention
from .untracked import add, is_tracked


@MODELS.register_module()
class NonLocalDenseBlock(nn.Module):
    """Non-local attention, then convolutions that each read everything before; plus the input.

    NLEDN (ACM MM 2018): attention over the map or within the cells of a grid,
    ``num_layers`` convolutions 3×3 with ReLU that read its result and all convolutions
    before them, a convolution 1×1 that fuses everything, and the input, from before the
    attention, added.

    Args:
        channels: Channels of input and output.
        growth: Channels that each convolution adds.
        num_layers: Convolutions.
        grid: Cells along each side that the attention keeps within; see
            :class:`~restorekit.archs.blocks.non_local.NonLocalAttention`.

    Raises:
        ConfigError: If a value is out of its range.
    """

    def __init__(self, channels: int, growth: int = 32, num_layers: int = 4, grid: int = 1) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "growth", growth, 1)
        require_int(self, "num_layers", num_layers, 1)
        self.attention = NonLocalAttention(channels, grid=grid)
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels + i * growth, growth, 3, padding=1), nn.ReLU(inplace=True)
            )
            for i in range(num_layers)
        )
        self.fusion = nn.Conv2d(channels + num_layers * growth, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        attended: torch.Tensor = self.attention(x)
        if is_tracked(x, self):
            features = [attended]
            for layer in self.layers:
                features.append(layer(torch.cat(features, dim=1)))
            stacked = torch.cat(features, dim=1)
        else:
            stacked = self._stack(attended)
        fused: torch.Tensor = self.fusion(stacked)
        return add(fused, x)

    def _stack(self, attended: torch.Tensor) -> torch.Tensor:
        """Compute all features within one tensor, so that nothing is copied again and again."""
        batch, width, *size = attended.shape
        stacked = attended.new_empty(batch, self.fusion.in_channels, *size)
        stacked[:, :width] = attended
        for layer in self.layers:
            new = layer(stacked[:, :width])
            stacked[:, width : width + new.shape[1]] = new
            width += new.shape[1]
        return stacked

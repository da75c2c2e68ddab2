"""NLEDN written down plainly, step by step as the paper and the released code compute it.

Every cell's table of scores is made as a whole; images must have sides of 16 pixels or more
that leave no cell a single pixel across. The parameters are those of
:class:`~restorekit.archs.nledn.NLEDN`, so that one state dict fits both.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn


class ReferenceNLEDN(nn.Module):
    """The opponent of the benchmarks and the oracle of their tests.

    Args:
        channels: See :class:`~restorekit.archs.nledn.NLEDN`, as all others.
        growth: Channels that each convolution of a block adds.
        num_layers: Convolutions of a block.
        grids: Cells along a side, for each level.
    """

    def __init__(
        self,
        channels: int = 64,
        growth: int = 32,
        num_layers: int = 4,
        grids: Sequence[int] = (8, 4, 2),
    ) -> None:
        super().__init__()

        def blocks(sides: Sequence[int]) -> nn.ModuleList:
            return nn.ModuleList(_Block(channels, growth, num_layers, side) for side in sides)

        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.entry = nn.Conv2d(channels, channels, 3, padding=1)
        self.encoder = blocks(grids)
        self.bottom = _Block(channels, growth, num_layers, 1)
        self.fusions = nn.ModuleList(nn.Conv2d(2 * channels, channels, 1) for _ in grids[1:])
        self.decoder = blocks(grids[1:])
        self.exit = nn.Sequential(
            nn.Conv2d(3 * channels, channels, 1), nn.Conv2d(channels, channels, 3, padding=1)
        )
        self.tail = nn.Sequential(nn.Conv2d(channels, 3, 3, padding=1), nn.Tanh())

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Return the derained image."""
        shallow = self.head(lq)
        x = self.entry(shallow)
        inputs, outputs, places = [], [], []
        for block in self.encoder:
            inputs.append(x)
            outputs.append(block(x))
            x, indices = F.max_pool2d(outputs[-1], 2, return_indices=True)
            places.append(indices)
        x = self.bottom(x)
        for level in range(len(inputs) - 1, 0, -1):
            x = _unpool(x, places[level], inputs[level])
            x = self.fusions[level - 1](torch.cat((inputs[level], x), 1))
            x = self.decoder[level - 1](x)
        x = _unpool(x, places[0], inputs[0])
        x = self.exit(torch.cat((inputs[0], x, outputs[0]), 1))
        rain: torch.Tensor = self.tail(x + shallow)
        return lq - rain


def _unpool(x: torch.Tensor, places: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return F.max_unpool2d(x, places, [2, 2], output_size=list(like.shape[-2:]))


class _Block(nn.Module):
    def __init__(self, channels: int, growth: int, num_layers: int, grid: int) -> None:
        super().__init__()
        self.attention = _Attention(channels, grid)
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels + i * growth, growth, 3, padding=1), nn.ReLU())
            for i in range(num_layers)
        )
        self.fusion = nn.Conv2d(channels + num_layers * growth, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = self.attention(x)
        for layer in self.layers:
            features = torch.cat((features, layer(features)), 1)
        fused: torch.Tensor = self.fusion(features)
        return fused + x


class _Attention(nn.Module):
    def __init__(self, channels: int, grid: int) -> None:
        super().__init__()
        self.grid = grid
        self.theta = nn.Conv2d(channels, channels // 2, 1)
        self.phi = nn.Conv2d(channels, channels // 2, 1)
        self.g = nn.Conv2d(channels, channels // 2, 1)
        self.out = nn.Conv2d(channels // 2, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = (-(-side // self.grid) for side in x.shape[-2:])
        rows = [
            torch.cat([self._cell(cell) for cell in torch.split(row, width, dim=3)], 3)
            for row in torch.split(x, height, dim=2)
        ]
        return torch.cat(rows, 2)

    def _cell(self, x: torch.Tensor) -> torch.Tensor:
        query = self.theta(x).flatten(2).transpose(1, 2)
        key = F.max_pool2d(self.phi(x), 2).flatten(2)
        value = F.max_pool2d(self.g(x), 2).flatten(2).transpose(1, 2)
        scores = torch.softmax(query @ key, dim=-1)
        gathered = (scores @ value).transpose(1, 2).reshape(x.shape[0], -1, *x.shape[-2:])
        change: torch.Tensor = self.out(gathered)
        return x + change

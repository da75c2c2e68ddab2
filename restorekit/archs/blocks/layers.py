"""The few layers that DCSFN's blocks repeat."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

#: Slope of every LeakyReLU (the paper, section 4.2).
NEGATIVE_SLOPE = 0.2


def conv_lrelu(in_channels: int, out_channels: int, kernel_size: int) -> nn.Sequential:
    """Return a convolution that keeps the size, with a bias, and a LeakyReLU after it."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2),
        # In place is safe: a convolution does not need its output to be differentiated.
        nn.LeakyReLU(NEGATIVE_SLOPE, inplace=True),
    )


def resize_like(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Resize ``x`` to the height and width of ``like`` by nearest neighbour, up or down."""
    size = like.shape[-2:]
    return x if x.shape[-2:] == size else F.interpolate(x, size=size, mode="nearest")


def max_pyramid(x: torch.Tensor, num_levels: int) -> list[torch.Tensor]:
    """Return ``x`` at the scales 1, 1/2, 1/4, …, each the maximum over its pixels.

    Halving the previous level gives the same numbers as pooling ``x`` itself by 2, 4, 8,
    odd sizes included, and reads far fewer of them.
    """
    levels = [x]
    for _ in range(num_levels - 1):
        levels.append(F.max_pool2d(levels[-1], 2))
    return levels

"""Layers and operations that the blocks of DCSFN share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

#: Slope of every LeakyReLU (DCSFN, section 4.2), in RESCAN and REHEN too.
NEGATIVE_SLOPE = 0.2


def conv_lrelu(in_channels: int, out_channels: int, kernel_size: int) -> nn.Sequential:
    """Return a convolution with a bias that keeps the size, followed by a LeakyReLU."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2),
        nn.LeakyReLU(NEGATIVE_SLOPE),
    )


class Fusion(nn.Sequential):
    """F(C[·]): concatenate features, then a 1×1 convolution and a LeakyReLU.

    Args:
        in_channels: Channels of all features together.
        out_channels: Channels of the result.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(*conv_lrelu(in_channels, out_channels, 1))

    def forward(self, parts: Sequence[torch.Tensor]) -> torch.Tensor:
        """Fuse features.

        Args:
            parts: Tensors (N, C, H, W); all are resized to the size of the first.
        """
        resized = [resize_like(part, parts[0]) for part in parts]
        fused: torch.Tensor = super().forward(torch.cat(resized, dim=1))  # type: ignore[no-untyped-call]
        return fused


def resize_like(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Resize ``x`` to the height and width of ``like`` by nearest neighbour, up or down."""
    size = like.shape[-2:]
    return x if x.shape[-2:] == size else F.interpolate(x, size=size, mode="nearest")


def max_pyramid(x: torch.Tensor, num_scales: int) -> list[torch.Tensor]:
    """Return ``x`` max-pooled to the scales 1, 1/2, 1/4 and so on.

    Pooling the previous scale by 2 gives the same as pooling ``x`` by 2, 4, 8.
    """
    scales = [x]
    for _ in range(num_scales - 1):
        scales.append(F.max_pool2d(scales[-1], 2))
    return scales

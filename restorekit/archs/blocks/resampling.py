"""Halve and double the size of features by moving pixels to channels and back."""

from __future__ import annotations

from torch import nn


def halve(channels: int) -> nn.Sequential:
    """Return layers from (N, channels, H, W) to (N, 2·channels, H/2, W/2).

    A 3×3 convolution halves the channels, and each 2×2 pixels become one with four times as many.
    """
    return nn.Sequential(
        nn.Conv2d(channels, channels // 2, 3, padding=1, bias=False), nn.PixelUnshuffle(2)
    )


def double(channels: int) -> nn.Sequential:
    """Return layers from (N, channels, H, W) to (N, channels/2, 2·H, 2·W).

    A 3×3 convolution doubles the channels, and each pixel becomes 2×2 with a quarter of them.
    """
    return nn.Sequential(
        nn.Conv2d(channels, 2 * channels, 3, padding=1, bias=False), nn.PixelShuffle(2)
    )

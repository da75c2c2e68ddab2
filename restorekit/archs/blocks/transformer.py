"""Restormer's transformer block, and the encoder and decoder built from such blocks.

Sizes are halved and doubled by moving pixels to channels and back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .channel_norm import ChannelNorm
from .transposed_attention import TransposedAttention

#: Builds a block with a given number of channels and of heads.
MakeBlock = Callable[[int, int], nn.Module]


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


class PreNormBlock(nn.Module):
    """x + attention(norm(x)), then the same with the feed-forward part.

    Args:
        channels: Channels of input and output.
        attention: The attention, which keeps the shape of its input.
        feed_forward: The feed-forward part, which keeps the shape of its input.
        norm_bias: See :class:`~restorekit.archs.blocks.channel_norm.ChannelNorm`.
    """

    def __init__(
        self, channels: int, attention: nn.Module, feed_forward: nn.Module, norm_bias: bool = True
    ) -> None:
        super().__init__()
        self.norm1 = ChannelNorm(channels, norm_bias)
        self.attention = attention
        self.norm2 = ChannelNorm(channels, norm_bias)
        self.feed_forward = feed_forward

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        x = x + self.attention(self.norm1(x))
        total: torch.Tensor = x + self.feed_forward(self.norm2(x))
        return total


@MODELS.register_module()
class RestormerBlock(PreNormBlock):
    """Transposed attention and a gated feed-forward part, each after a norm and added to its input.

    Zamir et al., "Restormer", CVPR 2022, section 3.

    Args:
        channels: Channels of input and output.
        num_heads: Number of attention heads.
        ffn_factor: Hidden channels of the feed-forward part, as a factor of ``channels``.
        norm_bias: See :class:`~restorekit.archs.blocks.channel_norm.ChannelNorm`.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(
        self,
        channels: int,
        num_heads: int,
        ffn_factor: float = 2.66,
        norm_bias: bool = True,
    ) -> None:
        super().__init__(
            channels,
            TransposedAttention(channels, num_heads),
            GatedFeedForward(channels, int(ffn_factor * channels)),
            norm_bias,
        )


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


class TransformerEncoder(nn.Module):
    """Levels of transformer blocks; each level has half the size and twice the channels.

    Args:
        channels: Channels at full size.
        num_blocks: Number of blocks in each level, full size first.
        num_heads: Number of attention heads in each level.
        make_block: Builds a block with a given number of channels and of heads.
    """

    def __init__(
        self,
        channels: int,
        num_blocks: Sequence[int],
        num_heads: Sequence[int],
        make_block: MakeBlock,
    ) -> None:
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(*(make_block(channels << level, heads) for _ in range(blocks)))
            for level, (blocks, heads) in enumerate(zip(num_blocks, num_heads, strict=True))
        )
        self.down = nn.ModuleList(halve(channels << level) for level in range(len(num_blocks) - 1))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the features of each level, full size first."""
        features = [self.levels[0](x)]
        for down, level in zip(self.down, self.levels[1:], strict=True):
            features.append(level(down(features[-1])))
        return features


class TransformerDecoder(nn.Module):
    """Levels of transformer blocks from the smallest size back to full size.

    In each level the features from the smaller one are doubled in size, concatenated with the
    encoder's (which come second), and reduced to half the channels by a 1×1 convolution.

    Args:
        channels: Channels of the encoder at full size.
        num_blocks: Number of blocks in each level except the smallest, full size first.
        num_heads: Number of attention heads in each level.
        make_block: Builds a block with a given number of channels and of heads.
        reduce_all: Whether to reduce the channels at full size too. Restormer does not, so its
            decoder has twice the encoder's channels there.
    """

    def __init__(
        self,
        channels: int,
        num_blocks: Sequence[int],
        num_heads: Sequence[int],
        make_block: MakeBlock,
        reduce_all: bool = False,
    ) -> None:
        super().__init__()
        widths = [channels << level for level in range(len(num_blocks))]
        self.up = nn.ModuleList(double(2 * width) for width in widths)
        self.reduce = nn.ModuleList(
            nn.Conv2d(2 * width, width, 1, bias=False) if level or reduce_all else nn.Identity()
            for level, width in enumerate(widths)
        )
        if not reduce_all:
            widths[0] *= 2
        self.levels = nn.ModuleList(
            nn.Sequential(*(make_block(width, heads) for _ in range(blocks)))
            for width, blocks, heads in zip(widths, num_blocks, num_heads, strict=True)
        )

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return features of full size.

        Args:
            features: The encoder's features of each level, full size first.
        """
        x = features[-1]
        for level in reversed(range(len(self.levels))):
            x = torch.cat([self.up[level](x), features[level]], dim=1)
            x = self.levels[level](self.reduce[level](x))
        return x


def require_levels(owner: object, num_blocks: Sequence[int], num_heads: Sequence[int]) -> None:
    """Require ``num_blocks`` and ``num_heads`` to have the same length, of at least two levels.

    Raises:
        ConfigError: If they do not; the message names the class of ``owner``.
    """
    if len(num_blocks) < 2 or len(num_blocks) != len(num_heads):
        raise ConfigError(
            f"{type(owner).__name__}: num_blocks={tuple(num_blocks)} and "
            f"num_heads={tuple(num_heads)} must have one number for each level, and at least two "
            "levels."
        )

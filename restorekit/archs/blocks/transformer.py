"""The transformer block of Restormer and the encoder and decoder that it is used in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .channel_norm import ChannelNorm
from .gated_feed_forward import GatedFeedForward
from .resampling import double, halve
from .transposed_attention import TransposedAttention

#: Makes a block of a number of channels and of heads.
MakeBlock = Callable[[int, int], nn.Module]


class PreNormBlock(nn.Module):
    """x + attention(norm(x)), then the same with the feed-forward part.

    Args:
        channels: Channels of input and output.
        attention: Keeps the shape of its input.
        feed_forward: Keeps it too.
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
    """Transposed attention and gated feed-forward, each after a norm and beside an identity.

    Zamir et al., "Restormer", CVPR 2022, section 3.

    Args:
        channels: Channels of input and output.
        num_heads: Heads of the attention.
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


class TransformerEncoder(nn.Module):
    """Levels of transformer blocks; each level has half the size and twice the channels.

    Args:
        channels: Channels at full size.
        num_blocks: Blocks of each level, full size first.
        num_heads: Heads of the blocks of each level.
        make_block: Returns a block for a number of channels and of heads.
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
    """The way back from the smallest level, with the encoder's features beside its own.

    Features from below are doubled in size, concatenated with the encoder's (below first),
    and reduced to half the channels by a 1×1 convolution.

    Args:
        channels: Channels of the encoder at full size.
        num_blocks: Blocks of each level but the smallest, full size first.
        num_heads: Heads of the blocks of each level.
        make_block: Returns a block for a number of channels and of heads.
        reduce_all: Reduce the channels at full size too. Restormer does not, so that its
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
            features: Those of each level of the encoder, full size first.
        """
        x = features[-1]
        for level in reversed(range(len(self.levels))):
            x = torch.cat([self.up[level](x), features[level]], dim=1)
            x = self.levels[level](self.reduce[level](x))
        return x


def require_levels(owner: object, num_blocks: Sequence[int], num_heads: Sequence[int]) -> None:
    """Require blocks and heads for the same number of levels, two at least.

    Raises:
        ConfigError: If that is not so; the message names the class of ``owner``.
    """
    if len(num_blocks) < 2 or len(num_blocks) != len(num_heads):
        raise ConfigError(
            f"{type(owner).__name__}: num_blocks={tuple(num_blocks)} and "
            f"num_heads={tuple(num_heads)} must have one number for each level, and two levels "
            "at least."
        )

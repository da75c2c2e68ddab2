"""IDT, the image deraining transformer (TPAMI 2022)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .blocks.channel_norm import ChannelNorm
from .blocks.window_unet import NUM_LEVELS, WindowUNet, drop_rates, require_stages
from .blocks.windows import (
    LocalFeedForward,
    RelativePositionBias,
    StochasticDepth,
    from_windows,
    to_windows,
)
from .checks import require_int
from .sizing import SizeRequirements


@MODELS.register_module()
class IDT(WindowUNet):
    """An encoder-decoder of attention within windows and attention between windows.

    Blocks of a level attend within windows of 8×8 pixels; the last one, the spatial
    transformer, attends between the windows. The bottom level is a single window and has no
    spatial transformer.

    The network is made for squares of 128×128 pixels, 16 windows a side. Larger images are cut
    into such squares, and each is restored alone. The paper's numbers are those of overlapping
    squares that are blended, as restoring in tiles does.

    Xiao et al., "Image De-raining Transformer", TPAMI 2022, with the data flow of the released
    code (github.com/jiexiaou/IDT); the defaults are its network, 16,416,463 parameters.

    Args:
        channels: Channels at full size; each level doubles them.
        num_blocks: Number of window blocks in each of the nine stages: four of the encoder, the
            bottom, and four of the decoder, whose features have twice the channels.
        num_heads: Number of attention heads in each stage. It must divide the stage's channels
            and, but at the bottom, the pixels of a window.
        window_size: Side of a window in pixels. The squares have 16 times this side.
        ffn_factor: Hidden channels of the feed-forward parts, as a factor of the channels; in
            spatial blocks, of the pixels of a window.
        drop_rate: Largest probability of stochastic depth; it grows from 0 at full size.
        fold_windows: Put what the spatial attention gives back where each window is. The
            released network adds it to other pixels; see :class:`SpatialBlock`.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = IDT(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 16416463)
    """

    def __init__(
        self,
        channels: int = 32,
        num_blocks: Sequence[int] = (3, 3, 2, 2, 1, 1, 2, 2, 3),
        num_heads: Sequence[int] = (1, 2, 4, 8, 16, 16, 8, 4, 2),
        window_size: int = 8,
        ffn_factor: float = 4.0,
        drop_rate: float = 0.1,
        fold_windows: bool = False,
    ) -> None:
        require_int(self, "channels", channels, 1)
        require_int(self, "window_size", window_size, 2)
        require_stages(self, num_blocks, num_heads)
        square = window_size << NUM_LEVELS
        rates = drop_rates(num_blocks, drop_rate)

        def stage(index: int, width: int) -> nn.Sequential:
            # As in the released code, of the stage's rates only the first and the last count.
            heads, first, last = num_heads[index], rates[index][0], rates[index][-1]
            blocks: list[nn.Module] = [
                WindowBlock(width, heads, window_size, ffn_factor, first)
                for _ in range(num_blocks[index])
            ]
            level = min(index, 2 * NUM_LEVELS - index)
            if level < NUM_LEVELS:
                windows = square // window_size >> level
                hidden = int(ffn_factor * window_size**2)
                blocks.append(
                    SpatialBlock(width, heads, window_size, windows, hidden, last, fold_windows)
                )
            return nn.Sequential(*blocks)

        super().__init__(channels, stage)
        self.square = square
        self.size_requirements = SizeRequirements(square, square)

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Derain images.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1], with sides that are multiples
                of a square's (see ``size_requirements``).

        Returns:
            The derained images, of the same shape, not clamped.
        """
        squares = to_windows(lq, self.square)
        derained = squares + self.residual(squares)
        return from_windows(derained, lq.shape[-2], lq.shape[-1])


class WindowBlock(nn.Module):
    """Attention within windows and a feed-forward part, each after a norm and added to its input.

    Args:
        channels: Channels of input and output.
        num_heads: Number of attention heads.
        window_size: Side of a window in pixels.
        ffn_factor: Hidden channels of the feed-forward part, as a factor of ``channels``.
        drop_rate: Probability of stochastic depth.
    """

    def __init__(
        self, channels: int, num_heads: int, window_size: int, ffn_factor: float, drop_rate: float
    ) -> None:
        super().__init__()
        self.window_size = window_size
        self.norm1 = ChannelNorm(channels)
        self.attention = PositionEnhancedAttention(channels, num_heads, window_size)
        self.norm2 = ChannelNorm(channels)
        self.feed_forward = LocalFeedForward(channels, int(ffn_factor * channels), residual=True)
        self.drop = StochasticDepth(drop_rate)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        windows = self.attention(to_windows(self.norm1(x), self.window_size))
        x = x + self.drop(from_windows(windows, x.shape[-2], x.shape[-1]))
        total: torch.Tensor = x + self.drop(self.feed_forward(self.norm2(x)))
        return total


class SpatialBlock(nn.Module):
    """Attention between windows, in each channel alone, and a feed-forward part.

    A window is one position, and its pixels are the features there.

    The released network adds the result to other pixels: it is a list of windows, each a list
    of pixels, and is added as if it were a list of pixels in rows, so that the first window's
    pixels reach the first row, and so on. The released weights are trained that way.
    ``fold_windows`` puts each window back at its own position instead.

    Args:
        channels: Channels of input and output.
        num_heads: Number of attention heads, which divides ``window_size²``.
        window_size: Side of a window in pixels.
        num_windows: Windows along a side.
        hidden_channels: Hidden channels of the feed-forward part.
        drop_rate: Probability of stochastic depth.
        fold_windows: See above.
    """

    def __init__(
        self,
        channels: int,
        num_heads: int,
        window_size: int,
        num_windows: int,
        hidden_channels: int,
        drop_rate: float,
        fold_windows: bool,
    ) -> None:
        super().__init__()
        self.window_size = window_size
        self.attention = PositionEnhancedAttention(window_size**2, num_heads, num_windows)
        self.norm = ChannelNorm(channels)
        self.feed_forward = LocalFeedForward(channels, hidden_channels, residual=True)
        self.drop = StochasticDepth(drop_rate)
        self.fold_windows = fold_windows

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        y = F.pixel_unshuffle(x.flatten(0, 1)[:, None], self.window_size)
        y = self.attention(y)
        if self.fold_windows:
            y = F.pixel_shuffle(y, self.window_size)
        else:
            y = y.flatten(2).transpose(1, 2)
        x = x + self.drop(y.reshape(x.shape))
        total: torch.Tensor = x + self.drop(self.feed_forward(self.norm(x)))
        return total


class PositionEnhancedAttention(nn.Module):
    """Attention of all positions of a square map to each other, with two encodings of position.

    A learned number for each offset is added to the scores. A fourth set of features goes through a
    depthwise and a grouped convolution and is added to the result of the attention.

    Args:
        channels: Channels of input and output.
        num_heads: Number of attention heads, which divides ``channels``.
        side: Height and width of the map.

    Raises:
        ConfigError: If ``channels`` is not a multiple of ``num_heads``.
    """

    def __init__(self, channels: int, num_heads: int, side: int) -> None:
        super().__init__()
        if channels % num_heads:
            raise ConfigError(
                f"IDT: {num_heads} attention heads cannot share {channels} channels; give "
                "num_heads that divide the channels of each stage and the pixels of a window."
            )
        self.num_heads = num_heads
        self.expand = nn.Conv2d(channels, 4 * channels, 1)
        self.bias = RelativePositionBias(num_heads, side)
        reach = min(side - 1, 2)
        self.position = nn.Sequential(
            nn.Conv2d(channels, channels, 2 * reach + 1, padding=reach, groups=channels),
            nn.Conv2d(channels, channels, 1, groups=num_heads),
        )
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, side, side)."""
        *parts, positions = self.expand(x).chunk(4, dim=1)
        # (N, heads, channels of a head, positions)
        query, key, value = (part.flatten(2).unflatten(1, (self.num_heads, -1)) for part in parts)
        scores = (query * query.shape[2] ** -0.5).mT @ key + self.bias()
        attended = value @ scores.softmax(dim=-1).mT
        y: torch.Tensor = self.out(attended.reshape(x.shape) + self.position(positions))
        return y

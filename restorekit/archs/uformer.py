"""Uformer, an encoder-decoder of attention within windows (CVPR 2022)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
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

#: Added to the scores of pixels that a shift has brought together from opposite borders.
MASKED = -100.0


@MODELS.register_module()
class Uformer(WindowUNet):
    """An encoder-decoder of five sizes whose blocks attend within windows.

    Every second block of a stage shifts the features by half a window. Blocks of the decoder
    add a learned map, the modulator, to each window.

    Wang et al., "Uformer: A General U-Shaped Transformer for Image Restoration", CVPR 2022, with
    the data flow of the released code (github.com/ZhendongWang6/Uformer). The defaults are its
    Uformer-S, 20,751,197 parameters; Uformer-T has ``channels=16``, Uformer-B
    ``num_blocks=(1, 2, 8, 8, 2, 8, 8, 2, 1)``. Departure: the released network takes square
    images only, and its test centres others on a black square.

    Args:
        channels: Channels at full size; each level doubles them.
        num_blocks: Number of blocks in each of the nine stages: four of the encoder, the bottom,
            and four of the decoder.
        num_heads: Number of attention heads in each stage, which divides the stage's channels.
        window_size: Side of a window in pixels, an even number.
        ffn_factor: Hidden channels of the feed-forward parts, as a factor of the channels.
        drop_rate: Largest probability of stochastic depth; in the encoder it grows with each
            block from 0, in the decoder it falls to 0.
        shift_bottom: Whether to shift at the smallest size. The released network does if built
            for images larger than 128 pixels; its tests build it for 128.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = Uformer(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 20751197)
    """

    def __init__(
        self,
        channels: int = 32,
        num_blocks: Sequence[int] = (2, 2, 2, 2, 2, 2, 2, 2, 2),
        num_heads: Sequence[int] = (1, 2, 4, 8, 16, 16, 8, 4, 2),
        window_size: int = 8,
        ffn_factor: float = 4.0,
        drop_rate: float = 0.1,
        shift_bottom: bool = False,
    ) -> None:
        require_int(self, "channels", channels, 1)
        require_int(self, "window_size", window_size, 2)
        require_stages(self, num_blocks, num_heads)
        rates = drop_rates(num_blocks, drop_rate)

        def stage(index: int, width: int) -> nn.Sequential:
            in_bottom, in_decoder = index == NUM_LEVELS, index > NUM_LEVELS
            return nn.Sequential(
                *(
                    ShiftedWindowBlock(
                        width,
                        num_heads[index],
                        window_size,
                        ffn_factor,
                        rate,
                        shifted=number % 2 == 1 and (shift_bottom or not in_bottom),
                        modulated=in_decoder,
                    )
                    for number, rate in enumerate(rates[index])
                )
            )

        super().__init__(channels, stage)
        multiple = window_size << NUM_LEVELS
        self.size_requirements = SizeRequirements(multiple, multiple)

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Restore images.

        Args:
            lq: Degraded images, float RGB (N, 3, H, W) in [0, 1]; for the sizes see
                ``size_requirements``.

        Returns:
            The restored images, of the same shape, not clamped.
        """
        return lq + self.residual(lq)


class ShiftedWindowBlock(nn.Module):
    """Attention within windows and a feed-forward part, each after a norm and added to its input.

    Liu et al., "Swin Transformer", ICCV 2021, with Uformer's feed-forward part and modulator.

    Args:
        channels: Channels of input and output.
        num_heads: Number of attention heads.
        window_size: Side of a window in pixels.
        ffn_factor: Hidden channels of the feed-forward part, as a factor of ``channels``.
        drop_rate: Probability of stochastic depth.
        shifted: Whether windows begin half a window further down and right. Those at the end
            then join pixels of opposite borders, which do not attend to each other.
        modulated: Whether to add a learned map to each window before the attention.
    """

    def __init__(
        self,
        channels: int,
        num_heads: int,
        window_size: int,
        ffn_factor: float,
        drop_rate: float,
        shifted: bool,
        modulated: bool,
    ) -> None:
        super().__init__()
        self.window_size = window_size
        self.shift = window_size // 2 if shifted else 0
        self.norm1 = ChannelNorm(channels)
        self.modulator = (
            nn.Parameter(torch.randn(channels, window_size, window_size)) if modulated else None
        )
        self.attention = WindowAttention(channels, num_heads, window_size)
        self.norm2 = ChannelNorm(channels)
        self.feed_forward = LocalFeedForward(channels, int(ffn_factor * channels))
        self.drop = StochasticDepth(drop_rate)
        # All 1×1 convolutions are linear layers in the released code.
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        x = x + self.drop(self._attend(self.norm1(x)))
        total: torch.Tensor = x + self.drop(self.feed_forward(self.norm2(x)))
        return total

    def _attend(self, x: torch.Tensor) -> torch.Tensor:
        height, width = x.shape[-2:]
        mask = None
        if self.shift:
            x = x.roll((-self.shift, -self.shift), dims=(2, 3))
            mask = _shift_mask(height, width, self.window_size, self.shift, x.device)
        windows = to_windows(x, self.window_size)
        if self.modulator is not None:
            windows = windows + self.modulator
        x = from_windows(self.attention(windows, mask), height, width)
        return x.roll((self.shift, self.shift), dims=(2, 3)) if self.shift else x


class WindowAttention(nn.Module):
    """Attention of all pixels of a window to each other.

    A learned number for each offset is added to the scores.

    Args:
        channels: Channels of input and output.
        num_heads: Number of attention heads, which divides ``channels``.
        side: Height and width of a window.

    Raises:
        ConfigError: If ``channels`` is not a multiple of ``num_heads``.
    """

    def __init__(self, channels: int, num_heads: int, side: int) -> None:
        super().__init__()
        if channels % num_heads:
            raise ConfigError(
                f"Uformer: {num_heads} attention heads cannot share {channels} channels; give "
                "num_heads that divide the channels of each stage."
            )
        self.num_heads = num_heads
        self.expand = nn.Conv2d(channels, 3 * channels, 1)
        self.bias = RelativePositionBias(num_heads, side)
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Return features of the shape of ``x`` (images · windows, channels, side, side).

        Args:
            x: The windows of each image in turn.
            mask: Added to the scores of each window of an image, (windows, side², side²).
        """
        # (N, heads, channels of a head, pixels)
        query, key, value = (
            part.reshape(len(x), self.num_heads, -1, x.shape[2] * x.shape[3])
            for part in self.expand(x).chunk(3, dim=1)
        )
        scores = (query * query.shape[2] ** -0.5).mT @ key + self.bias()
        if mask is not None:
            by_image = scores.view(-1, len(mask), *scores.shape[1:])
            scores = (by_image + mask[:, None]).view(scores.shape)
        attended = value @ scores.softmax(dim=-1).mT
        y: torch.Tensor = self.out(attended.reshape(x.shape))
        return y


def _shift_mask(
    height: int, width: int, window: int, shift: int, device: torch.device
) -> torch.Tensor:
    """Return what to add to the scores of shifted windows, (windows, window², window²).

    In the last row and column of windows, pixels before the border are followed by pixels from
    the opposite one.
    """
    rows, columns = (
        (torch.arange(side, device=device) >= side - shift).int() for side in (height, width)
    )
    regions = to_windows((2 * rows[:, None] + columns)[None, None], window).flatten(1)
    return MASKED * (regions[:, :, None] != regions[:, None, :]).float()

"""SFHformer, whose blocks mix features in space and in frequency in parallel (ECCV 2024)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .blocks.frequency import from_frequencies, to_frequencies
from .sizing import SizeRequirements


@MODELS.register_module()
class SFHformer(nn.Module):
    """An encoder-decoder whose blocks convolve in space and over frequencies.

    Jiang et al., "When Fast Fourier Transform Meets Transformer for Image Restoration", ECCV
    2024, with the data flow of the released code (github.com/deng-ai-lab/SFHformer). The
    defaults are SFHformer-L, which the tables of the paper show; the other sizes are
    ``num_blocks=(1, 1, 2, 1, 1)`` (T), ``(2, 2, 4, 2, 2)`` (S) and ``(4, 4, 8, 4, 4)`` (M).

    The released code weights the groups of the convolution over frequencies by a softmax. For
    deraining there is one group, whose weight is always 1: these layers are left out, and the
    parameters are 7,602,307 instead of 7,612,069.

    Args:
        channels: Channels at full size; each level has twice those of the one above. A
            multiple of 2.
        num_blocks: Blocks of the stages: two of the encoder, the bottom, two of the decoder.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = SFHformer(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 7602307)
    """

    size_requirements = SizeRequirements(minimum=4, multiple=4)

    def __init__(self, channels: int = 32, num_blocks: Sequence[int] = (6, 6, 10, 6, 6)) -> None:
        super().__init__()
        if channels < 2 or channels % 2:
            raise ConfigError(
                f"SFHformer: channels={channels!r} cannot be used; give a multiple of 2, since a "
                "quarter of twice the channels goes through each convolution."
            )
        if len(num_blocks) != 5:
            raise ConfigError(
                f"SFHformer: num_blocks={tuple(num_blocks)} must have five numbers, one for each "
                "stage."
            )
        widths = [channels, 2 * channels, 4 * channels, 2 * channels, channels]
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.stages = nn.ModuleList(
            nn.Sequential(*(SpaceFrequencyBlock(width) for _ in range(count)))
            for width, count in zip(widths, num_blocks, strict=True)
        )
        self.down = nn.ModuleList(nn.Conv2d(width, 2 * width, 2, stride=2) for width in widths[:2])
        self.up = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, 2 * width, 1, bias=False), nn.PixelShuffle(2))
            for width in widths[2:4]
        )
        self.reduce = nn.ModuleList(nn.Conv2d(2 * width, width, 1) for width in widths[3:])
        self.tail = nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Restore images.

        Args:
            lq: Degraded images, float RGB (N, 3, H, W) in [0, 1], with sides that are
                multiples of 4.

        Returns:
            The restored images, of the same shape, not clamped.
        """
        full = self.stages[0](self.head(lq))
        half = self.stages[1](self.down[0](full))
        x = self.stages[2](self.down[1](half))
        x = self.stages[3](self.reduce[0](torch.cat([self.up[0](x), half], dim=1)))
        x = self.stages[4](self.reduce[1](torch.cat([self.up[1](x), full], dim=1)))
        restored: torch.Tensor = lq + self.tail(x)
        return restored


class SpaceFrequencyBlock(nn.Module):
    """A mixer of space and frequency, then a feed-forward part.

    Each starts with a batch normalisation and is added to its input with a learned factor for
    each channel, initially 0.

    Args:
        channels: Channels of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.mixer = SpaceFrequencyMixer(channels)
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.norm2 = nn.BatchNorm2d(channels)
        self.feed_forward = MultiScaleFeedForward(channels)
        self.gamma = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        x = x + self.beta * self.mixer(self.norm1(x))
        total: torch.Tensor = x + self.gamma * self.feed_forward(self.norm2(x))
        return total


class SpaceFrequencyMixer(nn.Module):
    """Depthwise convolutions in space, in parallel with a convolution over frequencies.

    The channels are doubled and split between the two; channel attention weights both results.

    Args:
        channels: Channels of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        both, half = 2 * channels, channels // 2
        self.expand = nn.Conv2d(channels, both, 1)
        self.space = nn.ModuleList(
            nn.Conv2d(half, half, 3, padding=dilation, dilation=dilation, groups=half)
            for dilation in (1, 2)
        )
        self.to_frequency = nn.Conv2d(channels, both, 1)
        self.frequency = FrequencyUnit(both)
        self.from_frequency = nn.Conv2d(both, channels, 1)
        self.attention = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(both, channels, 1),
            nn.ReLU(),
            nn.Conv2d(channels, both, 1),
            nn.Sigmoid(),
        )
        self.out = nn.Conv2d(both, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        for_space, for_frequency = self.expand(x).chunk(2, dim=1)
        near = [
            conv(part) for conv, part in zip(self.space, for_space.chunk(2, dim=1), strict=True)
        ]
        far = F.gelu(self.to_frequency(for_frequency))
        far = F.gelu(self.from_frequency(self.frequency(far) + far))
        mixed = F.gelu(torch.cat([*near, far], dim=1))
        result: torch.Tensor = self.out(mixed * self.attention(mixed))
        return result


class FrequencyUnit(nn.Module):
    """A convolution over the frequencies of features.

    Real and imaginary parts are channels. They are normalised, a depthwise 3×3 convolution over
    neighbouring frequencies is added to them, and a 1×1 convolution mixes them.

    Args:
        channels: Channels of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        parts = 2 * channels
        self.norm = nn.BatchNorm2d(parts)
        self.position = nn.Conv2d(parts, parts, 3, padding=1, groups=parts)
        self.mix = nn.Conv2d(parts, parts, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        y = self.norm(to_frequencies(x))
        y = F.gelu(self.mix(y + self.position(y)))
        return from_frequencies(y, (x.shape[-2], x.shape[-1]))


class MultiScaleFeedForward(nn.Module):
    """Double the channels, and convolve three quarters of them with 3×3, 5×5 and 7×7 kernels.

    Args:
        channels: Channels of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        quarter = channels // 2
        self.expand = nn.Conv2d(channels, 2 * channels, 1)
        self.convs = nn.ModuleList(
            nn.Conv2d(quarter, quarter, side, padding=side // 2, groups=quarter)
            for side in (3, 5, 7)
        )
        self.out = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        first, *others = self.expand(x).chunk(4, dim=1)
        parts = [conv(part) for conv, part in zip(self.convs, others, strict=True)]
        result: torch.Tensor = self.out(F.gelu(torch.cat([first, *parts], dim=1)))
        return result

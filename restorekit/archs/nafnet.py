"""NAFNet, a network without nonlinear activations (ECCV 2022)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .blocks.channel_norm import ChannelNorm
from .checks import require_int
from .sizing import SizeRequirements


@MODELS.register_module()
class NAFNet(nn.Module):
    """An encoder-decoder whose blocks multiply features instead of using activations.

    Chen et al., "Simple Baselines for Image Restoration", ECCV 2022, with the data flow of the
    released code (github.com/megvii-research/NAFNet). The defaults are its network of width 32
    for deblurring, 17,111,907 parameters. The one for denoising has ``encoder_blocks=(2, 2, 4,
    8)``, ``middle_blocks=12`` and ``decoder_blocks=(2, 2, 2, 2)``; the larger ones have 64
    channels.

    The network itself pads images whose sides the levels do not divide, with zeros as in the
    released code. Reflected pixels, as for other networks, would give different results.

    Two options are restorekit's own, for small networks that run on a CPU. ``stem`` moves all
    blocks to a smaller size: most of their time there goes into reading and writing features,
    not into arithmetic. Images are then padded by reflection, as for other networks. Without
    ``attention`` an output depends on its neighbourhood only, so an image restored in tiles
    equals one restored whole, and a network trained on small patches sees the same statistics
    on large photographs (Chu et al., "Improving Image Restoration by Revisiting Global
    Information Aggregation", ECCV 2022, measure what that difference costs).

    Args:
        channels: Channels at full size; each level doubles them.
        encoder_blocks: Number of blocks in each level of the encoder, full size first.
        middle_blocks: Number of blocks at the smallest size.
        decoder_blocks: Number of blocks in each level of the decoder, smallest size first.
        stem: Factor by which the image is folded into channels before the first convolution
            (a pixel-unshuffle) and unfolded after the last; 1 is the paper's network.
        attention: Whether blocks weight their channels by averages over the whole image.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = NAFNet(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 17111907)
    """

    size_requirements = SizeRequirements()

    def __init__(
        self,
        channels: int = 32,
        encoder_blocks: Sequence[int] = (1, 1, 1, 28),
        middle_blocks: int = 1,
        decoder_blocks: Sequence[int] = (1, 1, 1, 1),
        stem: int = 1,
        attention: bool = True,
    ) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "middle_blocks", middle_blocks, 0)
        require_int(self, "stem", stem, 1)
        if len(encoder_blocks) != len(decoder_blocks):
            raise ConfigError(
                f"NAFNet: encoder_blocks={tuple(encoder_blocks)} and "
                f"decoder_blocks={tuple(decoder_blocks)} must have one number for each level."
            )
        widths = [channels << level for level in range(len(encoder_blocks))]
        self.stem = stem
        self.multiple = stem * 2 ** len(widths)
        if stem > 1:
            self.size_requirements = SizeRequirements(multiple=self.multiple)

        def blocks(width: int, count: int) -> nn.Sequential:
            return nn.Sequential(*(NAFBlock(width, attention) for _ in range(count)))

        self.head = nn.Conv2d(3 * stem**2, channels, 3, padding=1)
        self.encoder = nn.ModuleList(map(blocks, widths, encoder_blocks))
        self.down = nn.ModuleList(nn.Conv2d(width, 2 * width, 2, stride=2) for width in widths)
        self.middle = blocks(channels << len(widths), middle_blocks)
        self.up = nn.ModuleList(
            nn.Sequential(nn.Conv2d(2 * width, 4 * width, 1, bias=False), nn.PixelShuffle(2))
            for width in reversed(widths)
        )
        self.decoder = nn.ModuleList(map(blocks, reversed(widths), decoder_blocks))
        self.tail = nn.Conv2d(channels, 3 * stem**2, 3, padding=1)

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Restore images.

        Args:
            lq: Degraded images, float RGB (N, 3, H, W) in [0, 1].

        Returns:
            The restored images, of the same shape, not clamped.
        """
        height, width = lq.shape[-2:]
        padded = F.pad(lq, (0, -width % self.multiple, 0, -height % self.multiple))
        x = self.head(F.pixel_unshuffle(padded, self.stem))
        skips = []
        for blocks, down in zip(self.encoder, self.down, strict=True):
            skips.append(blocks(x))
            x = down(skips[-1])
        x = self.middle(x)
        for up, blocks in zip(self.up, self.decoder, strict=True):
            x = blocks(up(x) + skips.pop())
        restored: torch.Tensor = padded + F.pixel_shuffle(self.tail(x), self.stem)
        return restored[..., :height, :width]


@MODELS.register_module()
class NAFBlock(nn.Module):
    """Convolutions with a simple gate and channel attention, then a gated feed-forward part.

    Each part starts with a norm over channels and is added to its input with a learned factor
    for each channel, initially 0. A simple gate multiplies one half of the channels by the
    other.

    Args:
        channels: Channels of input and output.
        attention: Whether to weight channels by their averages over the whole image.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(self, channels: int, attention: bool = True) -> None:
        super().__init__()
        self.norm1 = ChannelNorm(channels, eps=1e-6)
        self.expand = nn.Sequential(
            nn.Conv2d(channels, 2 * channels, 1),
            nn.Conv2d(2 * channels, 2 * channels, 3, padding=1, groups=2 * channels),
        )
        self.attention = (
            nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, channels, 1))
            if attention
            else None
        )
        self.project = nn.Conv2d(channels, channels, 1)
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.norm2 = ChannelNorm(channels, eps=1e-6)
        self.feed_forward = nn.Conv2d(channels, 2 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        features = simple_gate(self.expand(self.norm1(x)))
        if self.attention is not None:
            features = features * self.attention(features)
        x = x + self.beta * self.project(features)
        total: torch.Tensor = x + self.gamma * self.out(
            simple_gate(self.feed_forward(self.norm2(x)))
        )
        return total


def simple_gate(x: torch.Tensor) -> torch.Tensor:
    """Multiply the first half of the channels by the second."""
    first, second = x.chunk(2, dim=1)
    return first * second

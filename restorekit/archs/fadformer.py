"""FADformer, a network of convolutions over frequencies and a residue channel (ECCV 2024)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .blocks.frequency import from_frequencies, to_frequencies
from .blocks.residue import residue_channel
from .sizing import SizeRequirements


@MODELS.register_module()
class FADformer(nn.Module):
    """An encoder-decoder of blocks that mix frequencies and are gated by the residue channel.

    The residue channel is the largest of red, green and blue minus the smallest. It goes through
    all blocks as a separate map, which gates their feed-forward parts.

    Gao et al., "Efficient Frequency-Domain Image Deraining with Contrastive Regularization",
    ECCV 2024, with the data flow of the released code (github.com/deng-ai-lab/FADformer). The
    defaults are its FADformer; the smaller one has ``channels=24`` and ``num_blocks=(2, 3, 4,
    3, 2)``. The released network has convolutions that it never uses. Without them there are
    6,958,038 parameters, as published, instead of 7,435,737.

    Args:
        channels: Channels at full size, a multiple of 4; each level doubles them.
        num_blocks: Number of blocks in each of the five stages: two of the encoder, one at the
            smallest size, and two of the decoder.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = FADformer(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 6958038)
    """

    # At a quarter of the size, 5×5 convolutions still reflect two pixels.
    size_requirements = SizeRequirements(minimum=12, multiple=4)

    def __init__(self, channels: int = 32, num_blocks: Sequence[int] = (4, 8, 10, 8, 4)) -> None:
        super().__init__()
        if channels < 4 or channels % 4:
            raise ConfigError(
                f"FADformer: channels={channels!r} cannot be used; give a multiple of 4, since "
                "channel attention has a quarter of the channels."
            )
        if len(num_blocks) != 5 or min(num_blocks) < 1:
            raise ConfigError(
                f"FADformer: num_blocks={tuple(num_blocks)} must have five numbers above 0, one "
                "for each stage."
            )
        widths = [channels, 2 * channels, 4 * channels, 2 * channels, channels]
        self.head = _reflecting(3, channels)
        stages = [
            FrequencyStage(FrequencyBlock(width) for _ in range(count))
            for width, count in zip(widths, num_blocks, strict=True)
        ]
        # The last block's map would not be read.
        stages[-1][-1] = FrequencyBlock(channels, last=True)
        self.stages = nn.ModuleList(stages)
        self.down = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, width // 2, 3, padding=1, bias=False), nn.PixelUnshuffle(2)
            )
            for width in widths[:2]
        )
        self.residue_down = nn.ModuleList(
            nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4, 1, 3, padding=1, bias=False))
            for _ in range(2)
        )
        self.up = nn.ModuleList(
            nn.Sequential(_reflecting(width, 2 * width), nn.PixelShuffle(2))
            for width in widths[2:4]
        )
        self.residue_up = nn.ModuleList(
            nn.Sequential(_reflecting(1, 4), nn.PixelShuffle(2)) for _ in range(2)
        )
        self.reduce = nn.ModuleList(nn.Conv2d(2 * width, width, 1) for width in widths[3:])
        self.tail = nn.Sequential(_reflecting(channels, 3), _reflecting(3, 3))

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Derain images.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1], with sides that are multiples
                of 4 and at least 12.

        Returns:
            The derained images, of the same shape, not clamped.
        """
        residue = residue_channel(lq)
        x = self.head(lq)
        skips = []
        for level in range(2):
            x, residue = self.stages[level](x, residue)
            skips.append(x)
            x, residue = self.down[level](x), self.residue_down[level](residue)
        x, residue = self.stages[2](x, residue)
        for level in range(2):
            x = self.reduce[level](torch.cat([self.up[level](x), skips.pop()], dim=1))
            x, residue = self.stages[3 + level](x, self.residue_up[level](residue))
        derained: torch.Tensor = lq + self.tail(x)
        return derained


class FrequencyStage(nn.ModuleList):
    """Blocks that pass on features and a map."""

    def forward(self, x: torch.Tensor, residue: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return new features and a new map; see :class:`FrequencyBlock`."""
        for block in self:
            x, residue = block(x, residue)
        return x, residue


class FrequencyBlock(nn.Module):
    """A mixer of frequencies, then a feed-forward part that a map gates.

    Args:
        channels: Channels of input and output.
        last: Leave out the layer that makes a new map.
    """

    def __init__(self, channels: int, last: bool = False) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.mixer = FourierMixer(channels)
        self.norm2 = nn.BatchNorm2d(channels)
        self.feed_forward = MapGatedFeedForward(channels, last)

    def forward(self, x: torch.Tensor, residue: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return new features and a new map.

        Args:
            x: Features (N, channels, H, W).
            residue: Map (N, 1, H, W).
        """
        x = x + self.mixer(self.norm1(x))
        change, residue = self.feed_forward(self.norm2(x), residue)
        return x + change, residue


class FourierMixer(nn.Module):
    """Depthwise convolutions of two sizes, and a convolution over frequencies of their results.

    Args:
        channels: Channels of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        both = 2 * channels
        self.expand = nn.Conv2d(channels, both, 1)
        self.near = nn.ModuleList(
            _reflecting(channels, channels, side, groups=channels) for side in (3, 5)
        )
        self.before = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(2))
        self.mix = nn.Conv2d(2 * both, 2 * both, 1, bias=False)
        self.frequency_norm = nn.BatchNorm2d(2 * both)
        self.norm = nn.BatchNorm2d(both)
        self.project = nn.Sequential(
            nn.Conv2d(both, channels, 1),
            _reflecting(channels, channels, groups=channels),
            nn.GELU(),
        )
        self.attention = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, channels // 4, 1),
            nn.GELU(),
            nn.Conv2d(channels // 4, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        # As in the released code, both sizes read the first half of the channels.
        first = F.gelu(self.expand(x)).chunk(2, dim=1)[0]
        scales = [F.gelu(before(F.gelu(near(first)))) for near, before in self._branches()]
        x = torch.cat(scales, dim=1)
        y = torch.relu(self.frequency_norm(self.mix(to_frequencies(x))))
        y = from_frequencies(y, (x.shape[-2], x.shape[-1]))
        x = self.project(torch.relu(self.norm(x + y)))
        weighted: torch.Tensor = x * self.attention(x)
        return weighted

    def _branches(self) -> list[tuple[nn.Module, nn.Module]]:
        return list(zip(self.near, self.before, strict=True))


class MapGatedFeedForward(nn.Module):
    """A feed-forward part whose halves are gated by what a map shows at two sizes.

    Args:
        channels: Channels of input and output.
        last: Leave out the layer that makes a new map.
    """

    def __init__(self, channels: int, last: bool = False) -> None:
        super().__init__()
        both, quarter = 2 * channels, channels // 4
        self.expand = nn.Sequential(
            nn.Conv2d(channels, both, 1),
            nn.GELU(),
            _reflecting(both, both, groups=both),
            nn.GELU(),
        )
        self.map_in = nn.Conv2d(1, 2 * quarter, 1)
        self.gates = nn.ModuleList(_reflecting(quarter, 1, side) for side in (3, 5))
        self.out = nn.Conv2d(both, channels, 1)
        self.map_out = None if last else nn.Conv2d(2, 1, 1)

    def forward(self, x: torch.Tensor, residue: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features of the shape of ``x`` (N, channels, H, W) and a new map.

        Args:
            x: Features.
            residue: Map (N, 1, H, W); the last block returns it as it is.
        """
        halves = self.expand(x).chunk(2, dim=1)
        parts = F.gelu(self.map_in(residue)).chunk(2, dim=1)
        gates = [torch.sigmoid(gate(part)) for gate, part in zip(self.gates, parts, strict=True)]
        gated = [half * gate for half, gate in zip(halves, gates, strict=True)]
        x = F.gelu(self.out(torch.cat(gated, dim=1)))
        if self.map_out is not None:
            residue = F.gelu(self.map_out(torch.cat(gates, dim=1)))
        return x, residue


def _reflecting(in_channels: int, out_channels: int, side: int = 3, groups: int = 1) -> nn.Conv2d:
    """Return a convolution that keeps the size by reflecting at the borders."""
    return nn.Conv2d(
        in_channels,
        out_channels,
        side,
        padding=side // 2,
        groups=groups,
        padding_mode="reflect",
    )

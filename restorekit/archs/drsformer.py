"""DRSformer, a deraining transformer with sparse attention between channels (CVPR 2023)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .blocks.expert_mixture import ExpertMixture
from .blocks.transformer import (
    PreNormBlock,
    TransformerDecoder,
    TransformerEncoder,
    require_levels,
)
from .blocks.transposed_attention import TransposedAttention
from .checks import require_int
from .sizing import SizeRequirements

#: Fractions of the scores that the four attention maps keep, as (numerator, denominator).
KEPT = ((1, 2), (2, 3), (3, 4), (4, 5))


@MODELS.register_module()
class DRSformer(nn.Module):
    """Restormer's encoder-decoder with sparse attention and feed-forward parts of two scales.

    Each row of the attention between channels keeps only its largest scores. Before the
    encoder and after the decoder, a mixture of operations is weighted depending on the image.

    Chen et al., "Learning A Sparse Transformer Network for Effective Image Deraining", CVPR
    2023, with the data flow of the released code (github.com/cschenxiang/DRSformer). Two
    networks were released: the defaults, 33,655,424 parameters, for Rain200H, DID-Data and
    DDN-Data; and for Rain200L and SPA-Data ``mixtures=False``, 32,610,304 parameters.

    Args:
        channels: Channels at full size.
        num_blocks: Number of blocks in each level, full size first.
        num_heads: Number of attention heads in each level; each needs two channels.
        ffn_factor: Hidden channels of the feed-forward parts, as a factor of the channels.
        mixtures: Whether to have the mixtures of operations.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = DRSformer(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 33655424)
    """

    def __init__(
        self,
        channels: int = 48,
        num_blocks: Sequence[int] = (4, 6, 6, 8),
        num_heads: Sequence[int] = (1, 2, 4, 8),
        ffn_factor: float = 2.66,
        mixtures: bool = True,
    ) -> None:
        super().__init__()
        require_levels(self, num_blocks, num_heads)
        multiple = 2 ** (len(num_blocks) - 1)
        self.size_requirements = SizeRequirements(multiple, multiple)

        def block(width: int, heads: int) -> PreNormBlock:
            return PreNormBlock(
                width,
                TopKAttention(width, heads),
                MixedScaleFeedForward(width, int(ffn_factor * width)),
            )

        self.head = nn.Conv2d(3, channels, 3, padding=1, bias=False)
        self.mixture = ExpertMixture(channels) if mixtures else nn.Identity()
        self.encoder = TransformerEncoder(channels, num_blocks, num_heads, block)
        self.decoder = TransformerDecoder(channels, num_blocks[:-1], num_heads[:-1], block)
        self.refinement = ExpertMixture(2 * channels) if mixtures else nn.Identity()
        self.tail = nn.Conv2d(2 * channels, 3, 3, padding=1, bias=False)

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Derain images.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1]; for the sizes see
                ``size_requirements``.

        Returns:
            The derained images, of the same shape, not clamped.
        """
        x = self.mixture(self.head(lq))
        x = self.refinement(self.decoder(self.encoder(x)))
        derained: torch.Tensor = lq + self.tail(x)
        return derained


@MODELS.register_module()
class TopKAttention(TransposedAttention):
    """Attention between channels that keeps only the largest scores.

    Four maps keep the largest 1/2, 2/3, 3/4 and 4/5 of each row of the scores, and are summed
    with learned factors. (The paper multiplies each map by the values before the sum, which
    gives the same.)

    Args:
        channels: Channels of input and output.
        num_heads: Number of heads that the channels are split into; each needs two channels.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__(channels, num_heads)
        if channels < 2 * num_heads:
            raise ConfigError(
                f"{type(self).__name__}: channels={channels} cannot be split into "
                f"num_heads={num_heads}; each head needs two channels, to keep the larger half."
            )
        self.factors = nn.Parameter(torch.full((len(KEPT),), 0.2))

    def weights(self, scores: torch.Tensor) -> torch.Tensor:
        """Return the weights of the values, from the scores (N, heads, C, C)."""
        total = torch.zeros_like(scores)
        for factor, (numerator, denominator) in zip(self.factors, KEPT, strict=True):
            count = scores.shape[-1] * numerator // denominator
            values, index = scores.topk(count, dim=-1)
            kept = torch.full_like(scores, -torch.inf).scatter(-1, index, values)
            total = total + factor * kept.softmax(dim=-1)
        return total


@MODELS.register_module()
class MixedScaleFeedForward(nn.Module):
    """A feed-forward part with two layers of 3×3 and 5×5 convolutions, crossed in between.

    Args:
        channels: Channels of input and output.
        hidden_channels: Half the number of hidden channels of each kernel size.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(self, channels: int, hidden_channels: int) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "hidden_channels", hidden_channels, 1)
        both = 2 * hidden_channels
        self.expand = nn.Conv2d(channels, both, 1, bias=False)
        self.first = nn.ModuleList(
            nn.Conv2d(both, both, side, padding=side // 2, groups=both, bias=False)
            for side in (3, 5)
        )
        # Each group reads two channels of the same kernel size.
        self.second = nn.ModuleList(
            nn.Conv2d(
                both, hidden_channels, side, padding=side // 2, groups=hidden_channels, bias=False
            )
            for side in (3, 5)
        )
        self.out = nn.Conv2d(both, channels, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        x = self.expand(x)
        halves = zip(*(F.relu(conv(x)).chunk(2, dim=1) for conv in self.first), strict=True)
        crossed = [
            F.relu(conv(torch.cat(scales, dim=1)))
            for conv, scales in zip(self.second, halves, strict=True)
        ]
        result: torch.Tensor = self.out(torch.cat(crossed, dim=1))
        return result

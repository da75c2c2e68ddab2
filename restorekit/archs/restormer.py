"""Restormer, a transformer with attention between channels (CVPR 2022)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from restorekit.registry import MODELS

from .blocks.transformer import (
    RestormerBlock,
    TransformerDecoder,
    TransformerEncoder,
    require_levels,
)
from .checks import require_int
from .sizing import SizeRequirements


@MODELS.register_module()
class Restormer(nn.Module):
    """An encoder-decoder of transformer blocks with attention between channels.

    A 3×3 convolution extracts features. The encoder halves the size and doubles the channels
    from level to level; the decoder reverses this and concatenates the encoder's features to
    its own. At full size the concatenation is not reduced, so that the decoder and the
    refinement blocks there have twice the channels. A 3×3 convolution turns their features
    into a residual, which is added to the input.

    Zamir et al., "Restormer: Efficient Transformer for High-Resolution Image Restoration",
    CVPR 2022, with the data flow of the released code (github.com/swz30/Restormer). The
    defaults are the network released for deraining, 26,126,644 parameters; the ones for
    denoising have ``norm_bias=False`` (26,111,668).

    Args:
        channels: Channels at full size.
        num_blocks: Number of blocks in each level, full size first.
        num_refinement_blocks: Number of blocks at full size after the decoder.
        num_heads: Number of attention heads in each level.
        ffn_factor: Hidden channels of the feed-forward parts, as a factor of the channels.
        norm_bias: Whether the norms subtract the mean and have a bias.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = Restormer(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 26126644)
    """

    def __init__(
        self,
        channels: int = 48,
        num_blocks: Sequence[int] = (4, 6, 6, 8),
        num_refinement_blocks: int = 4,
        num_heads: Sequence[int] = (1, 2, 4, 8),
        ffn_factor: float = 2.66,
        norm_bias: bool = True,
    ) -> None:
        super().__init__()
        require_int(self, "num_refinement_blocks", num_refinement_blocks, 0)
        require_levels(self, num_blocks, num_heads)
        multiple = 2 ** (len(num_blocks) - 1)
        self.size_requirements = SizeRequirements(multiple, multiple)

        def block(width: int, heads: int) -> RestormerBlock:
            return RestormerBlock(width, heads, ffn_factor, norm_bias)

        self.head = nn.Conv2d(3, channels, 3, padding=1, bias=False)
        self.encoder = TransformerEncoder(channels, num_blocks, num_heads, block)
        self.decoder = TransformerDecoder(channels, num_blocks[:-1], num_heads[:-1], block)
        self.refinement = nn.Sequential(
            *(block(2 * channels, num_heads[0]) for _ in range(num_refinement_blocks))
        )
        self.tail = nn.Conv2d(2 * channels, 3, 3, padding=1, bias=False)

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Restore images.

        Args:
            lq: Degraded images, float RGB (N, 3, H, W) in [0, 1]; for the sizes see
                ``size_requirements``.

        Returns:
            The restored images, of the same shape, not clamped.
        """
        x = self.decoder(self.encoder(self.head(lq)))
        restored: torch.Tensor = lq + self.tail(self.refinement(x))
        return restored

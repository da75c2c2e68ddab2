"""HCT-FFN, stages of convolutions and a transformer, guided by the residue channel (AAAI 2023)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .blocks.expert_mixture import ExpertMixture
from .blocks.residue import ResidueGuidedNetwork
from .checks import require_int
from .sizing import SizeRequirements

#: The tokens of an image are divided into this many runs of equal length; a shorter run takes the
#: rest.
NUM_RUNS = 16
#: How often the transformer's block is applied.
REPETITIONS = 3


@MODELS.register_module()
class HCTFFN(ResidueGuidedNetwork):
    """A mixture of operations, a transformer over 3×3 patches, and another mixture.

    Three stages are guided by the residue channel of the image that the stage before gives; see
    :class:`~restorekit.archs.blocks.residue.ResidueGuidedNetwork`. The first and the third weight
    eight parallel operations for each image, the second attends between pixels.

    Chen et al., "Hybrid CNN-Transformer Feature Fusion for Single Image Deraining", AAAI 2023,
    with the data flow of the released code (github.com/cschenxiang/HCT-FFN); the defaults are its
    network. The released one has norms that it never uses. Without them there are 873,693
    parameters instead of 874,525.

    Args:
        channels: Channels of all features, an even number.
        num_blocks: Residual blocks that encode each residue channel.
        num_heads: Number of attention heads. It must divide 4.5 times ``channels``.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = HCTFFN(), torch.empty(2, 3, 128, 128)
        >>> network(lq)[-1].shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 873693)
    """

    # Each run has a pixel at least.
    size_requirements = SizeRequirements(minimum=4)

    def __init__(self, channels: int = 32, num_blocks: int = 3, num_heads: int = 8) -> None:
        require_int(self, "channels", channels, 2)
        require_int(self, "num_blocks", num_blocks, 0)
        require_int(self, "num_heads", num_heads, 1)
        if channels % 2 or 9 * channels // 2 % num_heads:
            raise ConfigError(
                f"HCTFFN: channels={channels} with num_heads={num_heads} cannot be used; give an "
                "even number of channels, and a number of heads that divides 4.5 times channels; "
                "the paper has 32 and 8."
            )
        super().__init__(
            channels,
            num_blocks,
            (
                ExpertMixture(channels),
                PatchTransformer(channels, num_heads),
                ExpertMixture(channels),
            ),
        )


class PatchTransformer(nn.Module):
    """A transformer whose tokens are the 3×3 features around each pixel (BaViT).

    The same block is applied three times. The patches are then added up where they overlap.

    Args:
        channels: Channels of input and output.
        num_heads: Number of attention heads.
    """

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__()
        width = 9 * channels
        self.norm1 = nn.LayerNorm(width)
        self.attention = RunAttention(width, num_heads)
        self.norm2 = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, width // 4), nn.ReLU(), nn.Linear(width // 4, width)
        )
        self.out = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        tokens = F.unfold(x, 3, padding=1).transpose(1, 2)
        for _ in range(REPETITIONS):
            tokens = tokens + self.attention(self.norm1(tokens))
            tokens = tokens + self.feed_forward(self.norm2(tokens))
        patches = tokens.transpose(1, 2)
        result: torch.Tensor = self.out(F.fold(patches, x.shape[-2:], 3, padding=1))
        return result


class RunAttention(nn.Module):
    """Attention within runs of tokens, at half their width.

    The tokens, row after row, are divided into 16 runs of equal length; a shorter run takes the
    rest. What a pixel attends to therefore depends on the size of the image, and the cost grows
    with the square of its pixels.

    Args:
        width: Width of a token.
        num_heads: Number of attention heads.
    """

    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        half = width // 2
        self.num_heads = num_heads
        # As in the released code, from the width before the reduction.
        self.scale = (width // num_heads) ** -0.5
        self.reduce = nn.Linear(width, half, bias=False)
        self.expand = nn.Linear(half, 3 * half, bias=False)
        self.out = nn.Linear(half, width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return tokens of the shape of ``tokens`` (N, H·W, width)."""
        length = tokens.shape[1] // NUM_RUNS
        expanded = self.expand(self.reduce(tokens)).unflatten(2, (3, self.num_heads, -1))
        # Each (3, N, heads, tokens of a run, channels of a head): queries, keys and values.
        runs = expanded.permute(2, 0, 3, 1, 4).split(length, dim=3)
        attended = [
            F.scaled_dot_product_attention(run[0], run[1], run[2], scale=self.scale) for run in runs
        ]
        result: torch.Tensor = self.out(torch.cat(attended, dim=2).transpose(1, 2).flatten(2))
        return result

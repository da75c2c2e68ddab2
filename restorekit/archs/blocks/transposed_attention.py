"""Attention between channels instead of pixels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.errors import ConfigError
from restorekit.registry import MODELS


@MODELS.register_module()
class TransposedAttention(nn.Module):
    """Attention in which the channels of a head attend to each other (MDTA of Restormer).

    Queries, keys and values come from a 1×1 and a depthwise 3×3 convolution without bias.
    Queries and keys, vectors over all pixels, are scaled to length 1; the matrix of their
    products is multiplied by a learned temperature for each head. The matrix has a row and a
    column per channel, so the cost grows linearly with the number of pixels. Its products are
    sums over the whole image, so a tile of it gives different ones.

    Zamir et al., "Restormer", CVPR 2022, section 3.1.

    Args:
        channels: Channels of input and output.
        num_heads: Number of heads that the channels are split into.

    Raises:
        ConfigError: If a value is out of range, or the heads do not divide the channels.
    """

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "num_heads", num_heads, 1)
        if channels % num_heads:
            raise ConfigError(
                f"{type(self).__name__}: channels={channels} cannot be split into "
                f"num_heads={num_heads}; the channels must be a multiple of the heads."
            )
        self.num_heads = num_heads
        self.temperature = nn.Parameter(torch.ones(num_heads, 1, 1))
        self.qkv = nn.Sequential(
            nn.Conv2d(channels, 3 * channels, 1, bias=False),
            nn.Conv2d(3 * channels, 3 * channels, 3, padding=1, groups=3 * channels, bias=False),
        )
        self.out = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        heads = (self.num_heads, x.shape[1] // self.num_heads)
        q, k, v = (part.flatten(2).unflatten(1, heads) for part in self.qkv(x).chunk(3, dim=1))
        scores = unit_length(q) @ unit_length(k).transpose(-2, -1) * self.temperature
        attended = self.weights(scores).to(v.dtype) @ v
        result: torch.Tensor = self.out(attended.flatten(1, 2).unflatten(2, x.shape[-2:]))
        return result

    def weights(self, scores: torch.Tensor) -> torch.Tensor:
        """Return the weights of the values, from the scores (N, heads, C, C)."""
        return scores.softmax(dim=-1)


def unit_length(x: torch.Tensor) -> torch.Tensor:
    """Scale vectors along the last dimension to length 1, in float32 or float64.

    16 bits are too few for a sum of squares over all pixels.
    """
    full = x.to(torch.promote_types(x.dtype, torch.float32))
    return F.normalize(full, dim=-1)

"""NLEDN, the non-locally enhanced encoder-decoder network (ACM MM 2018)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .blocks.non_local_dense import NonLocalDenseBlock
from .checks import require_int
from .sizing import SizeRequirements


@MODELS.register_module()
class NLEDN(nn.Module):
    """An encoder-decoder of dense blocks with non-local attention and pooling indices.

    Two convolutions extract features. Each level of the encoder has a block whose attention
    stays within the cells of a grid, and a max-pooling by 2 that keeps the indices of the
    maxima. At the coarsest level the attention is global. The decoder puts features back at
    these indices, with zeros elsewhere, and fuses them with the encoder's; at full size it
    has a 1×1 and a 3×3 convolution instead of a block. The last convolution and a tanh give
    the rain, which is subtracted.

    Li et al., "Non-locally Enhanced Encoder-Decoder Network for Single Image De-raining",
    ACM MM 2018, with the data flow of the released code (github.com/AlexHex7/NLEDN);
    1,005,379 parameters. Departures:

    * The released test clamps the output to [0, 1]; here the output is not clamped.
    * The released code fails on sides below 16, and on those that leave a cell only one pixel
      (25, 57, …). Here every side of at least 8 works, with the same result where both do.

    Args:
        channels: Channels of all features.
        growth: Channels that each convolution of a dense block adds.
        num_layers: Convolutions in a dense block.
        grids: Number of cells along each side of the feature map, for each level, full size
            first; attention stays within a cell. The decoder has the same grids, except that
            at full size it has no attention.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = NLEDN(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 1005379)
    """

    def __init__(
        self,
        channels: int = 64,
        growth: int = 32,
        num_layers: int = 4,
        grids: Sequence[int] = (8, 4, 2),
    ) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        if not grids:
            raise ConfigError(
                "NLEDN: grids is empty; give one number for each level, such as (8, 4, 2)."
            )
        # At least one pixel must remain at the coarsest level.
        self.size_requirements = SizeRequirements(minimum=2 ** len(grids))

        def block(grid: int) -> NonLocalDenseBlock:
            return NonLocalDenseBlock(channels, growth, num_layers, grid)

        def conv(in_channels: int, out_channels: int, kernel_size: int) -> nn.Conv2d:
            return nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2)

        self.head = conv(3, channels, 3)
        self.entry = conv(channels, channels, 3)
        self.encoder = nn.ModuleList(block(grid) for grid in grids)
        self.bottom = block(1)
        # Index i serves level i + 1: at full size ``exit`` takes the place of both.
        self.fusions = nn.ModuleList(conv(2 * channels, channels, 1) for _ in grids[1:])
        self.decoder = nn.ModuleList(block(grid) for grid in grids[1:])
        self.exit = nn.Sequential(conv(3 * channels, channels, 1), conv(channels, channels, 3))
        self.tail = nn.Sequential(conv(channels, 3, 3), nn.Tanh())

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Derain images.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1]; for the sizes see
                ``size_requirements``.

        Returns:
            The derained images, of the same shape, not clamped.
        """
        shallow = self.head(lq)
        x = self.entry(shallow)
        inputs, outputs, indices = [], [], []
        for block in self.encoder:
            inputs.append(x)
            outputs.append(block(x))
            x, index = F.max_pool2d(outputs[-1], 2, return_indices=True)
            indices.append(index)
        x = self.bottom(x)
        for level in range(len(inputs) - 1, 0, -1):
            x = unpool(x, indices[level], inputs[level])
            x = self.fusions[level - 1](torch.cat([inputs[level], x], dim=1))
            x = self.decoder[level - 1](x)
        x = unpool(x, indices[0], inputs[0])
        x = self.exit(torch.cat([inputs[0], x, outputs[0]], dim=1))
        rain: torch.Tensor = self.tail(x + shallow)
        return lq - rain


def unpool(x: torch.Tensor, indices: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Put values back where a max-pooling took them from, with zeros elsewhere.

    This is ``max_unpool2d`` in a form that PyTorch's deterministic mode accepts. The pooling
    windows do not overlap, so no two values have the same index.

    Args:
        x: Values (N, C, h, w).
        indices: Index of each value in the flattened plane, as ``max_pool2d`` returns it.
        like: Features (N, C, H, W) of the size before the pooling.
    """
    planes = x.new_zeros(like.shape).flatten(2)
    return planes.scatter(2, indices.flatten(2), x.flatten(2)).reshape(like.shape)

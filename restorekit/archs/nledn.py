"""NLEDN, the non-locally enhanced encoder-decoder network (ACM MM 2018)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.errors import ConfigError
from restorekit.memory import keep_freed_memory
from restorekit.registry import MODELS

from .blocks.non_local_dense import NonLocalDenseBlock
from .checks import require_int
from .sizing import pad_to_fit


@MODELS.register_module()
class NLEDN(nn.Module):
    """An encoder-decoder of dense blocks with non-local attention, and pooling indices.

    Two convolutions make features. At each level of the encoder a block follows whose
    attention keeps within the cells of a grid, and a max-pooling by 2 that remembers where
    each maximum was. At the bottom the attention is global. The decoder puts features back
    to where the maxima were, zeros elsewhere, and fuses them with the encoder's; at full
    size there is no block but a 1×1 and a 3×3 convolution. The last convolution and a tanh
    give the rain, which is subtracted. The output is not clamped.

    Li et al., "Non-locally Enhanced Encoder-Decoder Network for Single Image De-raining",
    ACM MM 2018, with the data flow of the released code (github.com/AlexHex7/NLEDN);
    1,005,379 parameters. Departures:

    * The released test clamps the output to [0, 1]; here that is left to who needs it.
    * The released code takes no side below 16, nor one that leaves a cell a single pixel
      (25, 57, …); here every size works, and those that work there give the same.

    Args:
        channels: Channels of all features.
        growth: Channels that each convolution of a dense block adds.
        num_layers: Convolutions in a dense block.
        grids: For each level, full size first, the number of cells along each side that
            the attention keeps within. The decoder has the same grids, none at full size.

    Raises:
        ConfigError: If a value is out of its range.
    """

    #: Smallest side that is not padded; one pixel must be left at the bottom.
    min_size: int = 8
    size_multiple: int = 1

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
                "NLEDN: grids is empty; give one number for each level, as (8, 4, 2)."
            )
        self.min_size = 2 ** len(grids)
        self.channels = channels

        def block(grid: int) -> NonLocalDenseBlock:
            return NonLocalDenseBlock(channels, growth, num_layers, grid)

        def conv(in_channels: int, out_channels: int, side: int) -> nn.Conv2d:
            return nn.Conv2d(in_channels, out_channels, side, padding=side // 2)

        self.head = conv(3, channels, 3)
        self.entry = conv(channels, channels, 3)
        self.encoder = nn.ModuleList(block(grid) for grid in grids)
        self.bottom = block(1)
        # Index i is level i + 1: the first level has no block.
        self.fusions = nn.ModuleList(conv(2 * channels, channels, 1) for _ in grids[1:])
        self.decoder = nn.ModuleList(block(grid) for grid in grids[1:])
        self.exit = nn.Sequential(conv(3 * channels, channels, 1), conv(channels, channels, 3))
        self.tail = nn.Sequential(conv(channels, 3, 3), nn.Tanh())

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Derain images.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1], of any size; a side below
                ``min_size`` is padded by reflection and the result cropped.

        Returns:
            The derained images, of the same shape, not clamped.
        """
        with keep_freed_memory(lq, 3 * self.channels):
            padded, (height, width) = pad_to_fit(lq, self.min_size)
            return (padded - self._rain(padded))[..., :height, :width]

    def _rain(self, lq: torch.Tensor) -> torch.Tensor:
        shallow = self.head(lq)
        # Of each level, its input and where the maxima of what its block gave were.
        inputs, places = [self.entry(shallow)], []
        encoded = []
        for block in self.encoder:
            encoded.append(block(inputs[-1]))
            pooled, place = F.max_pool2d(encoded[-1], 2, return_indices=True)
            inputs.append(pooled)
            places.append(place)
        x = self.bottom(inputs.pop())
        for fusion, block in zip(reversed(self.fusions), reversed(self.decoder), strict=True):
            skip = inputs.pop()
            x = block(fusion(torch.cat([skip, unpool(x, places.pop(), skip)], dim=1)))
        skip = inputs.pop()
        x = self.exit(torch.cat([skip, unpool(x, places.pop(), skip), encoded[0]], dim=1))
        rain: torch.Tensor = self.tail(x + shallow)
        return rain


def unpool(x: torch.Tensor, places: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Put values back to where a max-pooling took them from, and zeros elsewhere.

    Args:
        x: Values (N, C, h, w).
        places: Index of each in the flattened plane, as ``max_pool2d`` gives it.
        like: Features (N, C, H, W) of the size before the pooling.
    """
    # A window gives one place: no two values meet, so that scattering has one result.
    planes = x.new_zeros(like.shape).flatten(2)
    return planes.scatter(2, places.flatten(2), x.flatten(2)).reshape(like.shape)

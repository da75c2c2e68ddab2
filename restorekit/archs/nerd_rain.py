"""NeRD-Rain, a multi-scale transformer with implicit neural representations (CVPR 2024)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.registry import MODELS

from .blocks.prior_fusion import PriorFusion
from .blocks.transformer import (
    RestormerBlock,
    TransformerDecoder,
    TransformerEncoder,
    double,
    require_levels,
)
from .checks import require_int
from .sizing import SizeRequirements

#: Number of inputs of the implicit representation for relative coordinates: two coordinates, and
#: four octaves of their sines and cosines. All are 0; see :class:`ImplicitRepresentation`.
RELATIVE_COORDINATES = 18
#: Its inputs for the height and width of a pixel, in units of half a pixel.
CELL = (2.0, 2.0)


@MODELS.register_module()
class NeRDRain(nn.Module):
    """Encoder-decoders at quarter, half and full size that exchange images and features.

    One encoder-decoder of Restormer's blocks works at a quarter of the size, two in a row at
    half and three at full size. From coarse to fine, an implicit neural representation turns
    the features of a size's first encoder into an image, which is enlarged and added to the
    input of the next size. From fine to coarse, the features of a size's encoders are fused
    and added to those of the next smaller size. From coarse to fine again, the decoders'
    features are enlarged and added up for the final image.

    Chen et al., "Bidirectional Multi-Scale Implicit Neural Representations for Image Deraining",
    CVPR 2024, with the data flow of the released code (github.com/cschenxiang/NeRD-Rain). The
    defaults are its NeRD-Rain; ``channels=32`` is NeRD-Rain-S. Departures:

    * The released network has a convolution that it never uses; it is left out. As there, the
      second and the third decoder at full size share their last reduction.
    * The released test restores tiles of 256×256 pixels, as for the paper's numbers.

    Args:
        channels: Channels in the first level of each encoder-decoder.
        num_blocks: Number of blocks in each level, largest size first.
        num_heads: Number of attention heads in each level.
        ffn_factor: Hidden channels of the feed-forward parts, as a factor of the channels.
        implicit_channels: Hidden channels of the implicit representations.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = NeRDRain(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 22888538)
    """

    def __init__(
        self,
        channels: int = 48,
        num_blocks: Sequence[int] = (2, 3, 3),
        num_heads: Sequence[int] = (1, 2, 4),
        ffn_factor: float = 2.66,
        implicit_channels: int = 256,
    ) -> None:
        super().__init__()
        require_levels(self, num_blocks, num_heads)
        require_int(self, "implicit_channels", implicit_channels, 1)
        # The last level of the encoder-decoder at quarter size has at least one pixel.
        multiple = 4 * 2 ** (len(num_blocks) - 1)
        self.size_requirements = SizeRequirements(multiple, multiple)
        bottom = channels << (len(num_blocks) - 1)

        def block(width: int, heads: int) -> RestormerBlock:
            return RestormerBlock(width, heads, ffn_factor)

        def encoders(count: int) -> nn.ModuleList:
            return nn.ModuleList(
                TransformerEncoder(channels, num_blocks, num_heads, block) for _ in range(count)
            )

        def decoders(count: int) -> list[TransformerDecoder]:
            return [
                TransformerDecoder(
                    channels, num_blocks[:-1], num_heads[:-1], block, reduce_all=True
                )
                for _ in range(count)
            ]

        def contexts(count: int) -> nn.ModuleList:
            return nn.ModuleList(_conv(channels, channels) for _ in range(count))

        def implicit() -> nn.Sequential:
            ups = [double(bottom >> step) for step in range(len(num_blocks) - 1)]
            return nn.Sequential(*ups, ImplicitRepresentation(channels, implicit_channels))

        self.quarter_head = _conv(3, channels)
        self.quarter_encoders = encoders(1)
        self.quarter_decoders = nn.ModuleList(decoders(1))
        self.quarter_implicit = implicit()
        self.quarter_tail = _conv(channels, 3)

        self.half_head = _conv(3, channels)
        self.half_encoders = encoders(2)
        self.half_decoders = nn.ModuleList(decoders(2))
        self.half_contexts = contexts(1)
        self.half_fusion = PriorFusion(bottom)
        self.half_implicit = implicit()
        self.half_tail = _conv(channels, 3)

        self.full_head = _conv(3, channels)
        self.full_encoders = encoders(3)
        full_decoders = decoders(3)
        full_decoders[2].reduce[0] = full_decoders[1].reduce[0]
        self.full_decoders = nn.ModuleList(full_decoders)
        self.full_contexts = contexts(2)
        self.full_fusions = nn.ModuleList(PriorFusion(bottom) for _ in range(2))
        self.tail = _conv(channels, 3)

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Derain images.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1]; for the sizes see
                ``size_requirements``.

        Returns:
            The derained images, of the same shape, not clamped.
        """
        full, _, _, _ = self._features(lq)
        derained: torch.Tensor = lq + self.tail(full)
        return derained

    def forward_train(self, lq: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the derained images of all sizes.

        Args:
            lq: See :meth:`forward`.

        Returns:
            The final ``pred``; ``half`` and ``quarter`` from the decoders at these sizes; and
            ``implicit_half`` and ``implicit_quarter`` from the implicit representations.
        """
        full, half, quarter, implicit = self._features(lq)
        return {
            "pred": lq + self.tail(full),
            "half": _decimate(lq, 2) + self.half_tail(half),
            "quarter": _decimate(lq, 4) + self.quarter_tail(quarter),
            **implicit,
        }

    def _features(
        self, lq: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
        """Return the last features of full, half and quarter size, and the implicit images."""
        # Coarse to fine: each size is given the implicit image of the next smaller size.
        quarter_image = _decimate(lq, 4)
        quarter = self.quarter_encoders[0](self.quarter_head(quarter_image))
        implicit_quarter = quarter_image + self.quarter_implicit(quarter[-1])
        half_image = _decimate(lq, 2) + _enlarge(implicit_quarter)
        half = self.half_encoders[0](self.half_head(half_image))
        implicit_half = half_image + self.half_implicit(half[-1])
        full_image = lq + _enlarge(implicit_half)

        # At full size, three encoder-decoders in a row.
        x = self.full_head(full_image)
        full_bottoms = []
        for index, (encoder, decoder) in enumerate(
            zip(self.full_encoders, self.full_decoders, strict=True)
        ):
            features = encoder(x)
            full_bottoms.append(features[-1])
            x = decoder(features)
            if index < len(self.full_contexts):
                x = self.full_contexts[index](x)

        # Fine to coarse: the fused features of a size's encoders go to the next smaller size.
        to_half = [
            _decimate(torch.add(*fusion(full_bottoms[index], full_bottoms[index + 1])), 2)
            for index, fusion in enumerate(self.full_fusions)
        ]
        decoded = self.half_decoders[0](_add_to_bottom(half, to_half[0]))
        half2 = self.half_encoders[1](self.half_contexts[0](decoded))
        to_quarter = _decimate(torch.add(*self.half_fusion(half[-1], half2[-1])), 2)
        decoded_half = self.half_decoders[1](_add_to_bottom(half2, to_half[1]))
        decoded_quarter = self.quarter_decoders[0](_add_to_bottom(quarter, to_quarter))

        # Coarse to fine: each size adds the decoder's features of the next smaller size.
        decoded_half = decoded_half + _enlarge(decoded_quarter)
        implicit = {"implicit_half": implicit_half, "implicit_quarter": implicit_quarter}
        return x + _enlarge(decoded_half), decoded_half, decoded_quarter, implicit


class ImplicitRepresentation(nn.Module):
    """A local implicit image function (LIIF), evaluated at the positions of its features.

    For each pixel, LIIF's perceptron takes the 3×3 features around it, its coordinates relative
    to each of the four nearest features (with their sines and cosines), and the size of a
    pixel. In the released code the pixels are at the positions of the features: the four
    nearest features are one and the same, relative coordinates are 0 and the size is 2. Here,
    therefore, the perceptron is evaluated once instead of four times, and these inputs are
    constants.

    Chen et al., "Learning Continuous Image Representation with Local Implicit Image Function",
    CVPR 2021, as NeRD-Rain uses it.

    Args:
        channels: Channels of the features.
        hidden_channels: Hidden channels of the perceptron, in all three layers.
    """

    def __init__(self, channels: int, hidden_channels: int) -> None:
        super().__init__()
        inputs = 9 * channels + RELATIVE_COORDINATES + len(CELL)
        widths = (inputs, hidden_channels, hidden_channels, hidden_channels, 3)
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(widths))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return images (N, 3, H, W) of features (N, channels, H, W)."""
        around = F.unfold(x, 3, padding=1).transpose(1, 2)
        constants = around.new_tensor((0.0,) * RELATIVE_COORDINATES + CELL)
        y = torch.cat([around, constants.expand(*around.shape[:2], -1)], dim=2)
        for layer in self.layers[:-1]:
            y = F.relu(layer(y))
        colours: torch.Tensor = self.layers[-1](y)
        return colours.transpose(1, 2).reshape(len(x), 3, *x.shape[-2:])


def _conv(in_channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)


def _decimate(x: torch.Tensor, step: int) -> torch.Tensor:
    """Keep the first of every ``step`` rows and columns."""
    return x[..., ::step, ::step]


def _enlarge(x: torch.Tensor) -> torch.Tensor:
    """Repeat every pixel twice in both directions."""
    return F.interpolate(x, scale_factor=2, mode="nearest")


def _add_to_bottom(features: Sequence[torch.Tensor], x: torch.Tensor) -> list[torch.Tensor]:
    """Return the features of all levels with ``x`` added to the smallest."""
    return [*features[:-1], features[-1] + x]

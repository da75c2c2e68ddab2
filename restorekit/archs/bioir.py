"""BioIR, a network in which the centre and the periphery of vision inform each other (2025)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .blocks.transformer import GatedFeedForward, PreNormBlock
from .checks import require_int
from .sizing import SizeRequirements

#: Rows and columns of regions that an image is divided into for the peripheral view.
REGIONS = 16


@MODELS.register_module()
class BioIR(nn.Module):
    """An encoder-decoder of blocks that filter with kernels predicted for each pixel.

    Each block splits its features into a peripheral half, for the surroundings, and a foveal
    half, for details. Each half is filtered with kernels that depend on the other.

    Cui et al., "Bio-Inspired Image Restoration", NeurIPS 2025, with the data flow of the released
    code (github.com/c-yn/BioIR). The defaults are its network for deraining. The released
    network has a convolution that it never uses. Without it there are 7,261,768 parameters
    instead of 7,280,200.

    Args:
        channels: Channels at full size; each level doubles them.
        num_blocks: Number of blocks in each level, full size first. At the smallest size, the
            encoder and the decoder have as many each.
        num_refinement_blocks: Number of blocks at full size after the decoder.
        ffn_factor: Hidden channels of the feed-forward parts, as a factor of the channels.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = BioIR(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 7261768)
    """

    def __init__(
        self,
        channels: int = 48,
        num_blocks: Sequence[int] = (3, 3, 6),
        num_refinement_blocks: int = 4,
        ffn_factor: float = 3,
    ) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "num_refinement_blocks", num_refinement_blocks, 0)
        if len(num_blocks) < 2 or min(num_blocks) < 1:
            raise ConfigError(
                f"BioIR: num_blocks={tuple(num_blocks)} must have at least two numbers above 0, "
                "one for each level."
            )
        widths = [channels << level for level in range(len(num_blocks))]
        # At the smallest size, 5×5 kernels still reflect two pixels.
        multiple = 1 << (len(num_blocks) - 1)
        self.size_requirements = SizeRequirements(3 * multiple, multiple)

        def blocks(width: int, count: int) -> nn.Sequential:
            return nn.Sequential(*(BioBlock(width, ffn_factor) for _ in range(count)))

        def levels() -> nn.ModuleList:
            return nn.ModuleList(
                blocks(width, count) for width, count in zip(widths, num_blocks, strict=True)
            )

        self.head = nn.Conv2d(3, channels, 3, padding=1, bias=False)
        self.encoder = levels()
        self.down = nn.ModuleList(_resizing(0.5, width, 2 * width) for width in widths[:-1])
        self.decoder = levels()
        self.up = nn.ModuleList(_resizing(2, 2 * width, width) for width in widths[:-1])
        self.reduce = nn.ModuleList(nn.Conv2d(2 * width, width, 1) for width in widths[:-1])
        self.refinement = blocks(channels, num_refinement_blocks)
        self.tail = nn.Conv2d(channels, 3, 3, padding=1, bias=False)

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Restore images.

        Args:
            lq: Degraded images, float RGB (N, 3, H, W) in [0, 1]; for the sizes see
                ``size_requirements``.

        Returns:
            The restored images, of the same shape, not clamped.
        """
        features = [self.encoder[0](self.head(lq))]
        for down, stage in zip(self.down, self.encoder[1:], strict=True):
            features.append(stage(down(features[-1])))
        x = self.decoder[-1](features[-1])
        for level in reversed(range(len(self.up))):
            x = self.reduce[level](torch.cat([self.up[level](x), features[level]], dim=1))
            x = self.decoder[level](x)
        restored: torch.Tensor = lq + self.tail(self.refinement(x))
        return restored


class BioBlock(PreNormBlock):
    """Exchange between the halves of the features, and a gated feed-forward part.

    Args:
        channels: Channels of input and output.
        ffn_factor: Hidden channels of the feed-forward part, as a factor of ``channels``.
    """

    def __init__(self, channels: int, ffn_factor: float) -> None:
        super().__init__(
            channels,
            ViewExchange(channels),
            GatedFeedForward(channels, int(ffn_factor * channels)),
        )


class ViewExchange(nn.Module):
    """Make a peripheral and a foveal view of the features, filter each by the other, multiply.

    Args:
        channels: Channels of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        both = 2 * channels
        self.expand = nn.Sequential(
            nn.Conv2d(channels, both, 1, bias=False),
            nn.Conv2d(both, both, 3, padding=1, groups=both, bias=False),
        )
        self.to_fovea = PeripheryToFovea()
        self.to_periphery = FoveaToPeriphery(channels)
        self.out = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        periphery, fovea = self.expand(x).chunk(2, dim=1)
        product = self.to_periphery(periphery, fovea) * self.to_fovea(periphery, fovea)
        exchanged: torch.Tensor = self.out(product)
        return exchanged


class PeripheryToFovea(nn.Module):
    """Filter the foveal view by how similar each of its pixels is to regions of the image.

    The periphery is averaged over 16×16 regions. The products of a pixel's features with those of
    each region give a 3×3 kernel at the pixel, which filters the mean of the channels.
    """

    def __init__(self) -> None:
        super().__init__()
        self.kernels = nn.Conv2d(REGIONS**2, 9, 1)

    def forward(self, periphery: torch.Tensor, fovea: torch.Tensor) -> torch.Tensor:
        """Return the new foveal view, of the shape of both views (N, channels, H, W)."""
        regions = F.adaptive_avg_pool2d(periphery, REGIONS).flatten(2)
        similarity = regions.mT @ fovea.flatten(2)
        similarity = similarity.reshape(len(fovea), -1, *fovea.shape[-2:])
        return fovea * (1 + filter_by_pixel(_mean(fovea), self.kernels(similarity)))


class FoveaToPeriphery(nn.Module):
    """Filter the peripheral view by 5×5 kernels predicted from the details around each pixel.

    Args:
        channels: Channels of both views.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.details = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.kernels = nn.Conv2d(channels, 25, 1)

    def forward(self, periphery: torch.Tensor, fovea: torch.Tensor) -> torch.Tensor:
        """Return the new peripheral view, of the shape of both views (N, channels, H, W)."""
        details = self.details(fovea)
        periphery = periphery * (details + 1)
        return periphery + filter_by_pixel(_mean(periphery), self.kernels(details))


def filter_by_pixel(x: torch.Tensor, kernels: torch.Tensor) -> torch.Tensor:
    """Filter maps with a separate kernel for each pixel; borders are reflected.

    Args:
        x: Maps (N, 1, H, W).
        kernels: Taps of square kernels, row by row, (N, side², H, W) with an odd side.

    Returns:
        Maps of the shape of ``x``.
    """
    side = round(kernels.shape[1] ** 0.5)
    padded = F.pad(x, (side // 2,) * 4, mode="reflect")
    around = F.unfold(padded, side).reshape(kernels.shape)
    return (around * kernels).sum(dim=1, keepdim=True)


def _mean(x: torch.Tensor) -> torch.Tensor:
    return x.mean(dim=1, keepdim=True)


def _resizing(scale: float, in_channels: int, out_channels: int) -> nn.Sequential:
    """Return layers that resize bilinearly and change the channels by a 3×3 convolution."""
    return nn.Sequential(
        nn.Upsample(scale_factor=scale, mode="bilinear", align_corners=False),
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
    )

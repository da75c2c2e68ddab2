"""ConvIR, a convolutional network with filters of several sizes and shapes (TPAMI 2024)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.registry import MODELS

from .blocks.multi_input_output import MultiInputOutput, conv_gelu
from .blocks.predicted_filter import PredictedFilter
from .sizing import SizeRequirements

#: Sizes of the windows that features are averaged over, and the dilation of the filters of each
#: result, from coarse to fine.
WINDOWS = (8, 4, 2)
DILATIONS = (3, 7, 9)


@MODELS.register_module()
class ConvIR(MultiInputOutput):
    """An encoder-decoder of residual blocks; the last of each stage filters at several sizes.

    It takes the image at full, half and a quarter of the size and gives a result for each.

    Cui et al., "Revitalizing Convolutional Network for Image Restoration", IEEE TPAMI 2024, with
    the data flow of the released code (github.com/c-yn/ConvIR). The defaults are its ConvIR-L,
    which is the one for deraining; ConvIR-B has ``num_blocks=8``, ConvIR-S ``num_blocks=4``.

    Training needs batches of at least two images in each process, since predicted kernels are
    normalised over the batch.

    Args:
        channels: Channels at full size, a multiple of 8.
        num_blocks: Number of residual blocks in each of the six stages.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = ConvIR(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 14830985)
    """

    # At 1/32, 1/16 and 1/8 of the size, filters reflect 3, 7 and 9 pixels.
    size_requirements = SizeRequirements(minimum=128, multiple=32)

    def __init__(self, channels: int = 32, num_blocks: int = 16) -> None:
        super().__init__(channels, num_blocks, FilteringBlock)


class FilteringBlock(nn.Module):
    """x + body(x), where body is two 3×3 convolutions with a GELU, and filters between them.

    Args:
        channels: Channels of input and output.
        filters: Whether the block has filters.
    """

    def __init__(self, channels: int, filters: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv_gelu(channels, channels),
            MultiScaleFilter(channels) if filters else nn.Identity(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        total: torch.Tensor = x + self.body(x)
        return total


class MultiScaleFilter(nn.Module):
    """Filter features averaged over windows of three sizes, and add the results.

    Each size is also given the enlarged result of the next coarser one.

    Args:
        channels: Channels of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in WINDOWS
        )
        self.filters = nn.ModuleList(MultiShapeFilter(channels, dilation) for dilation in DILATIONS)
        self.out = nn.Conv2d(channels, channels, 3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        total, filtered = x, None
        for window, conv, filter_ in zip(WINDOWS, self.convs, self.filters, strict=True):
            pooled = F.avg_pool2d(x, window)
            if filtered is not None:
                pooled = pooled + _resize(filtered, pooled)
            filtered = filter_(conv(pooled))
            total = total + _resize(filtered, x)
        out: torch.Tensor = self.out(F.gelu(total))
        return out


class MultiShapeFilter(nn.Module):
    """The sum of a square filter, and of a horizontal strip followed by a vertical one.

    Args:
        channels: Channels of input and output.
        dilation: Distance between neighbouring taps of the filters.
    """

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.square = ModulatedFilter(channels, (3, 3), dilation)
        self.strips = nn.Sequential(
            ModulatedFilter(channels, (1, 3), dilation),
            ModulatedFilter(channels, (3, 1), dilation),
        )
        self.strips_gain = nn.Parameter(torch.zeros(channels, 1, 1))
        self.input_gain = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        total: torch.Tensor = (
            self.strips_gain * self.strips(x) + self.input_gain * x + self.square(x)
        )
        return total


class ModulatedFilter(nn.Module):
    """Add the output of a predicted filter to the features, with learned gains.

    Args:
        channels: Channels of input and output.
        kernel_size: Height and width of the filter; only a square one normalises its kernels.
        dilation: Distance between neighbouring taps.
    """

    def __init__(self, channels: int, kernel_size: tuple[int, int], dilation: int) -> None:
        super().__init__()
        square = kernel_size[0] == kernel_size[1]
        self.filter = PredictedFilter(channels, kernel_size, dilation, "tanh", norm=square)
        #: The dimensions that the filter extends over.
        self.dims = [dim for dim, side in zip((-2, -1), kernel_size, strict=True) if side > 1]
        self.contrast_gain = nn.Parameter(torch.zeros(channels, 1, 1))
        self.low_gain = nn.Parameter(torch.zeros(channels, 1, 1))
        self.input_gain = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        low = self.filter(x)
        low = low + self.contrast_gain * (low - x.mean(dim=self.dims, keepdim=True))
        modulated: torch.Tensor = self.low_gain * low + (1 + self.input_gain) * x
        return modulated


def _resize(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return ``x`` in the size of ``like``; corner pixels keep their position."""
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=True)

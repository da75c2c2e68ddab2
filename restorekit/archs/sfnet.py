"""SFNet, a convolutional network that selects frequencies (ICLR 2023)."""

from __future__ import annotations

import torch
from torch import nn

from restorekit.registry import MODELS

from .blocks.multi_input_output import MultiInputOutput, conv_gelu
from .blocks.predicted_filter import PredictedFilter
from .sizing import SizeRequirements


@MODELS.register_module()
class SFNet(MultiInputOutput):
    """An encoder-decoder of residual blocks that weight low and high frequencies.

    It takes the image at full, half and a quarter of the size and gives a result for each.

    Cui et al., "Selective Frequency Network for Image Restoration", ICLR 2023, with the data flow
    of the released code (github.com/c-yn/SFNet). The defaults are its network for deraining. The
    released network has factors that it never uses. Without them there are 13,270,313 parameters
    instead of 13,271,209.

    Training needs batches of at least two images in each process, since predicted kernels are
    normalised over the batch.

    Args:
        channels: Channels at full size, a multiple of 16.
        num_blocks: Number of residual blocks in each of the six stages.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = SFNet(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 13270313)
    """

    # At a quarter of the size, features are split into halves, and 5×5 filters reflect two pixels.
    size_requirements = SizeRequirements(minimum=16, multiple=8)

    def __init__(self, channels: int = 32, num_blocks: int = 16) -> None:
        super().__init__(channels, num_blocks, FrequencyBlock)


class FrequencyBlock(nn.Module):
    """x + body(x), where body weights frequencies between two 3×3 convolutions.

    The deviation of features from their mean is weighted against the mean: of the whole image
    for half of the channels, of each quarter of the image for the others.

    Args:
        channels: Channels of input and output.
        filters: Whether to split and select frequencies by predicted filters first, of 3×3 for
            half of the channels, of 5×5 for the others.
    """

    def __init__(self, channels: int, filters: bool) -> None:
        super().__init__()
        half = channels // 2
        self.conv1 = conv_gelu(channels, channels)
        self.selections = nn.ModuleList(
            DynamicSelection(half, side) for side in ((3, 5) if filters else ())
        )
        self.modulations = nn.ModuleList([MeanModulation(half, 1), MeanModulation(half, 2)])
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        y = self.conv1(x)
        if self.selections:
            y = _by_halves(self.selections, y)
        total: torch.Tensor = x + self.conv2(_by_halves(self.modulations, y))
        return total


class DynamicSelection(nn.Module):
    """Split features into low and high frequencies by a predicted filter; weight both and add.

    The weights come from the means of the features. Their softmax is over the channels of both
    parts together.

    Args:
        channels: Channels of input and output.
        side: Height and width of the filter.
    """

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.filter = PredictedFilter(channels, (side, side))
        squeezed = max(channels // 2, 32)
        # The high frequencies come first.
        self.weights = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, squeezed, 1),
            nn.Conv2d(squeezed, 2 * channels, 1),
            nn.Softmax(dim=1),
        )
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        low = self.filter(x)
        high_weight, low_weight = self.weights(x).chunk(2, dim=1)
        selected: torch.Tensor = self.out(high_weight * (x - low) + low_weight * low)
        return selected


class MeanModulation(nn.Module):
    """Scale the mean of each part of the image, and the deviation from it, by learned factors.

    Args:
        channels: Channels of input and output.
        parts: Number of parts that the height and the width are divided into; each part has
            its own factors. At first the deviation passes unchanged if there is one part, and
            nothing passes if there are several, as in the released code.
    """

    def __init__(self, channels: int, parts: int) -> None:
        super().__init__()
        shape = (channels, parts, parts)
        self.mean_gain = nn.Parameter(torch.zeros(shape))
        self.detail_gain = nn.Parameter(torch.full(shape, 1.0 if parts == 1 else 0.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        batch, channels, height, width = x.shape
        count = self.mean_gain.shape[1]
        parts = x.reshape(batch, channels, count, height // count, count, width // count)
        mean = parts.mean(dim=(3, 5), keepdim=True)
        detail_gain, mean_gain = (
            gain[:, :, None, :, None] for gain in (self.detail_gain, self.mean_gain)
        )
        modulated: torch.Tensor = detail_gain * (parts - mean) + mean_gain * mean
        return modulated.reshape(x.shape)


def _by_halves(modules: nn.ModuleList, x: torch.Tensor) -> torch.Tensor:
    """Apply one of two modules to each half of the channels."""
    pairs = zip(modules, x.chunk(2, dim=1), strict=True)
    return torch.cat([module(half) for module, half in pairs], dim=1)

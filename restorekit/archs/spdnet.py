"""SPDNet, wavelet branches guided by the residue channel (ICCV 2021)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .blocks.residue import ResidualGroup, ResidueGuidedNetwork, SqueezedBlock, reflecting_conv
from .blocks.wavelet import haar, inverse_haar
from .checks import require_int
from .sizing import SizeRequirements

#: Sizes at which a stage works: full, half and a quarter.
NUM_SCALES = 3
#: Groups of residual blocks at each size.
NUM_GROUPS = 3


@MODELS.register_module()
class SPDNet(ResidueGuidedNetwork):
    """Three stages of residual blocks at three sizes, which Haar wavelets lead to and from.

    Each stage is guided by the residue channel of the image that the stage before gives; see
    :class:`~restorekit.archs.blocks.residue.ResidueGuidedNetwork`.

    Yi et al., "Structure-Preserving Deraining with Residue Channel Prior Guidance", ICCV 2021,
    with the data flow of the released code (github.com/Joyies/SPDNet); the defaults are its
    network. The released one has norms, and layers between the sizes, that it never uses.
    Without them there are 2,981,525 parameters instead of 3,318,741.

    Args:
        channels: Channels of all features, an even number.
        num_blocks: Residual blocks of a group.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = SPDNet(), torch.empty(2, 3, 128, 128)
        >>> network(lq)[-1].shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 2981525)
    """

    # At a quarter of the size, one pixel is reflected.
    size_requirements = SizeRequirements(minimum=5)

    def __init__(self, channels: int = 32, num_blocks: int = 3) -> None:
        require_int(self, "channels", channels, 2)
        require_int(self, "num_blocks", num_blocks, 0)
        if channels % 2:
            raise ConfigError(
                f"SPDNet: channels={channels} cannot be used; give an even number, since the first "
                "layer has half as many."
            )
        super().__init__(
            channels, num_blocks, (WaveletBranches(channels, num_blocks) for _ in range(3))
        )


class WaveletBranches(nn.Module):
    """Groups of residual blocks at three sizes, joined from the smallest to full size (WMLM).

    Args:
        channels: Channels of input and output.
        num_blocks: Residual blocks of a group.
    """

    def __init__(self, channels: int, num_blocks: int) -> None:
        super().__init__()
        # From a size to the next smaller, and back.
        self.down = nn.ModuleList(
            reflecting_conv(4 * channels, channels) for _ in range(NUM_SCALES - 1)
        )
        self.up = nn.ModuleList(
            reflecting_conv(channels, 4 * channels) for _ in range(NUM_SCALES - 1)
        )
        self.branches = nn.ModuleList(
            nn.Sequential(*(ResidualGroup(channels, num_blocks) for _ in range(NUM_GROUPS)))
            for _ in range(NUM_SCALES)
        )
        self.joins = nn.ModuleList(ScaleJoin(channels) for _ in range(NUM_SCALES - 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        scales = [x]
        for down in self.down:
            low, *high = haar(scales[-1])
            scales.append(down(torch.cat([*high, low], dim=1)))
        features = [branch(x) for branch, x in zip(self.branches, scales, strict=True)]
        x = features[-1]
        for index in reversed(range(NUM_SCALES - 1)):
            # Unlike above, the four bands of a channel follow each other, the low one first.
            bands = self.up[index](x).unflatten(1, (-1, 4)).unbind(dim=2)
            x = self.joins[index](inverse_haar(*bands), features[index])
        return x


class ScaleJoin(nn.Module):
    """Add the features of the smaller size, already enlarged, and apply a residual block.

    As in the released code, a transposed convolution doubles their size once more, and taking the
    nearest pixels then reduces it again.

    Args:
        channels: Channels of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.enlarge = nn.ConvTranspose2d(channels, channels, 3, stride=2)
        self.block = SqueezedBlock(channels)

    def forward(self, enlarged: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W).

        Args:
            enlarged: Features of about the size of ``x``.
            x: Features of this size.
        """
        enlarged = torch.relu(self.enlarge(F.pad(enlarged, (1, 1, 1, 1), mode="reflect")))
        enlarged = F.interpolate(enlarged, size=(x.shape[-2], x.shape[-1]), mode="nearest")
        return torch.relu(self.block(enlarged + x))

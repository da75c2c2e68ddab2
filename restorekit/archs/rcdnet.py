"""RCDNet, the rain convolutional dictionary network (CVPR 2020)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.registry import MODELS

from .checks import require_int
from .sizing import SizeRequirements

#: Side of a rain kernel in pixels.
KERNEL_SIDE = 9
#: Residual units of a proximal network.
NUM_UNITS = 4


@MODELS.register_module()
class RCDNet(nn.Module):
    """An unfolded algorithm that splits an image into a background and a sum of rain kernels.

    Rain is a sum of kernels, each convolved with a map of where and how strongly it occurs. Each
    stage takes a gradient step on the maps and one on the background, which reduce the squared
    error of background plus rain. A network after each step replaces the proximal operator of the
    algorithm. All stages share the kernels. The networks of the background have further channels,
    which are passed from stage to stage.

    Wang et al., "A Model-driven Deep Neural Network for Single Image Rain Removal", CVPR 2020,
    with the data flow of the released code (github.com/hongwang01/RCDNet), whose levels from 0 to
    255 go through the network. Departures:

    * The released code stores 16 copies of the kernels and uses one, and a proximal network and a
      step size that it never uses. Without them there are 2,975,186 parameters instead of
      3,166,355.
    * The released code initialises the kernels from a file of 32 streaks; here the streaks are
      computed.

    Args:
        num_stages: Number of stages.
        num_maps: Number of rain kernels, and so of maps.
        num_duals: Further channels of the background's proximal networks.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = RCDNet(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 2975186)
    """

    size_requirements = SizeRequirements()

    def __init__(self, num_stages: int = 17, num_maps: int = 32, num_duals: int = 32) -> None:
        super().__init__()
        require_int(self, "num_stages", num_stages, 1)
        require_int(self, "num_maps", num_maps, 1)
        require_int(self, "num_duals", num_duals, 0)
        channels = 3 + num_duals
        self.dual_filters = nn.Parameter(torch.full((num_duals, 3, 3, 3), 1 / 9))
        self.first_background = ProximalNetwork(channels)
        # In levels: rain is what is brighter than the first background by more than this.
        self.threshold = nn.Parameter(torch.ones(1))
        self.first_kernels = nn.Parameter(streaks(num_maps))
        self.kernels = nn.Parameter(streaks(num_maps))
        self.map_rates = nn.Parameter(torch.full((num_stages - 1,), 1.0))
        self.background_rates = nn.Parameter(torch.full((num_stages,), 5.0))
        self.maps = nn.ModuleList(MapNetwork(num_maps) for _ in range(num_stages))
        self.backgrounds = nn.ModuleList(ProximalNetwork(channels) for _ in range(num_stages))
        self.last_background = ProximalNetwork(channels)

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Derain images.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1].

        Returns:
            The derained images, of the same shape, not clamped.
        """
        return self.forward_train(lq)["pred"]

    def forward_train(self, lq: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the images that each stage gives.

        Args:
            lq: See :meth:`forward`.

        Returns:
            The final ``pred``; ``background0``, from which the first stage starts;
            ``background1``, ``background2``, … of each stage; and ``without_rain1``,
            ``without_rain2``, …, the input minus the rain of each stage.
        """
        image = 255 * lq
        background, duals = _split(
            self.first_background(
                torch.cat([image, F.conv2d(image, self.dual_filters, padding=1)], dim=1)
            )
        )
        # Kernels are learned ten times as strong, for larger gradient steps.
        kernels = self.kernels / 10
        outputs = {"background0": background / 255}
        excess = torch.relu(image - background - self.threshold)
        maps = _correlate(excess, self.first_kernels / 10)
        for stage, network in enumerate(self.backgrounds):
            maps = self.maps[stage](maps)
            rain = F.conv2d(maps, kernels, padding=KERNEL_SIDE // 2)
            error = background + rain - image
            moved = background - self.background_rates[stage] / 10 * error
            background, duals = _split(network(torch.cat([moved, duals], dim=1)))
            outputs[f"background{stage + 1}"] = background / 255
            outputs[f"without_rain{stage + 1}"] = lq - rain / 255
            if stage < len(self.map_rates):
                error = background + rain - image
                maps = maps - self.map_rates[stage] / 10 * _correlate(error, kernels)
        final, _ = _split(self.last_background(torch.cat([background, duals], dim=1)))
        return {**outputs, "pred": final / 255}


class ProximalNetwork(nn.Sequential):
    """Residual units relu(x + body(x)), where body is two 3×3 convolutions with batch norms.

    Args:
        channels: Channels of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(*(ProximalUnit(channels) for _ in range(NUM_UNITS)))


class MapNetwork(nn.Module):
    """A proximal network, then a learned threshold for each map, which makes maps sparse.

    Args:
        channels: Number of maps.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.units = ProximalNetwork(channels)
        self.threshold = nn.Parameter(torch.full((1, channels, 1, 1), 0.5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return maps of the shape of ``x`` (N, channels, H, W), none of them negative."""
        return torch.relu(self.units(x) - self.threshold)


class ProximalUnit(nn.Module):
    """relu(x + body(x)); see :class:`ProximalNetwork`.

    Args:
        channels: Channels of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        return torch.relu(x + self.body(x))


def streaks(count: int) -> torch.Tensor:
    """Return rain kernels (3, count, 9, 9): streaks of several lengths in all directions.

    Each is a Gaussian of its own length that sums to a half, the same in all three colours.
    """
    offsets = torch.arange(KERNEL_SIDE, dtype=torch.float32) - KERNEL_SIDE // 2
    kernels = []
    for index in range(count):
        angle, length = math.pi * index / count, (0.5, 1.0, 1.5, 2.0)[index % 4]
        along = offsets[:, None] * math.cos(angle) + offsets[None, :] * math.sin(angle)
        across = offsets[:, None] * math.sin(angle) - offsets[None, :] * math.cos(angle)
        kernel = torch.exp(-((along / length).square() + (across / 0.5).square()) / 2)
        kernels.append(kernel / (2 * kernel.sum()))
    return torch.stack(kernels).expand(3, -1, -1, -1).clone()


def _correlate(images: torch.Tensor, kernels: torch.Tensor) -> torch.Tensor:
    """Apply the transpose of the convolution that turns maps into rain."""
    return F.conv_transpose2d(images, kernels, padding=KERNEL_SIDE // 2)


def _split(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the background and the further channels."""
    return x[:, :3], x[:, 3:]

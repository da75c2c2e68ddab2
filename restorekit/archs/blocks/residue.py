"""The residue channel of an image, and networks of three stages that it guides."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from .prior_fusion import PriorFusion
from .squeeze_excitation import SqueezeExcitation


def residue_channel(image: torch.Tensor) -> torch.Tensor:
    """Return the largest of red, green and blue minus the smallest, (N, 1, H, W).

    Rain is nearly grey and so mostly vanishes from it.

    Li et al., "Robust Optical Flow in Rainy Scenes", ECCV 2018.

    Args:
        image: RGB images (N, 3, H, W).
    """
    return image.amax(dim=1, keepdim=True) - image.amin(dim=1, keepdim=True)


class ResidueGuidedNetwork(nn.Module):
    """Three stages, each guided by the residue channel of the previous stage's image.

    The residue channel is encoded and fused with the stage's features, which then go through the
    stage's own part. The first stage is guided by the input. Later stages also take in the features
    of all earlier ones, and use them once more to make their image. Each stage predicts the image
    itself, not a difference from the input.

    SPDNet (ICCV 2021) is such a network, and HCT-FFN (AAAI 2023) has the same layout. As in the
    released code of both, the network works on levels from 0 to 255 inside.

    Args:
        channels: Channels of all features, an even number.
        num_blocks: Residual blocks of a group.
        parts: What each of the three stages does with its features, keeping their shape.
    """

    def __init__(self, channels: int, num_blocks: int, parts: Iterable[nn.Module]) -> None:
        super().__init__()
        self.head = _head(channels)
        self.guides = nn.ModuleList(
            nn.Sequential(*_head(channels), ResidualGroup(channels, num_blocks)) for _ in range(3)
        )
        self.fusions = nn.ModuleList(PriorFusion(channels) for _ in range(3))
        self.fused = nn.ModuleList(reflecting_conv(2 * channels, channels) for _ in range(3))
        self.parts = nn.ModuleList(parts)
        # The second and the third stage have these.
        self.gather = nn.ModuleList(reflecting_conv(i * channels, channels) for i in (2, 3))
        self.merge = nn.ModuleList(reflecting_conv(i * channels, channels) for i in (2, 3))
        self.tails = nn.ModuleList(nn.Conv2d(channels, 3, 3, padding=1) for _ in range(3))

    def forward(self, lq: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Derain images.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1]; for the smallest size see
                ``size_requirements``.

        Returns:
            The derained images of each stage, of the same shape, not clamped.
        """
        image = 255 * lq
        start = self.head(image)
        features: list[torch.Tensor] = []
        outputs: list[torch.Tensor] = []
        for stage, part in enumerate(self.parts):
            guide = self.guides[stage](residue_channel(image).expand_as(image))
            x = start
            if features:
                x = self.gather[stage - 1](torch.cat([*features[::-1], start], dim=1))
            x = self.fused[stage](torch.cat(self.fusions[stage](x, guide), dim=1))
            x = part(x)
            features.append(x)
            if len(features) > 1:
                x = self.merge[stage - 1](torch.cat(features[::-1], dim=1))
            image = self.tails[stage](x)
            outputs.append(image / 255)
        return tuple(outputs)


class ResidualGroup(nn.Module):
    """relu(x + body(x)), where body is a few squeezed blocks and a 3×3 convolution.

    Args:
        channels: Channels of input and output.
        num_blocks: Number of blocks.
    """

    def __init__(self, channels: int, num_blocks: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *(SqueezedBlock(channels) for _ in range(num_blocks)),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        return torch.relu(x + self.body(x))


class SqueezedBlock(nn.Module):
    """x + body(x), where body is two 3×3 convolutions with ReLUs and squeeze-and-excitation.

    Args:
        channels: Channels of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            SqueezeExcitation(channels, channels, bias=False),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        total: torch.Tensor = x + self.body(x)
        return total


def reflecting_conv(in_channels: int, out_channels: int) -> nn.Sequential:
    """Return a 3×3 convolution that reflects at the borders, and a ReLU."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, padding_mode="reflect"), nn.ReLU()
    )


def _head(channels: int) -> nn.Sequential:
    return nn.Sequential(
        reflecting_conv(3, channels // 2), reflecting_conv(channels // 2, channels)
    )

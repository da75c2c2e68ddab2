"""Residual blocks of two convolutions, with normalisation after or before them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.registry import MODELS


@MODELS.register_module()
class ResidualBlock(nn.Module):
    """x + body(x), where body is twice a 3×3 convolution, an optional normalisation and a ReLU.

    Unlike in ResNet, a ReLU follows the second convolution too, before the sum. DDN and
    REHEN use it with batch normalisation, PReNet without any and with another ReLU after
    the sum.

    Args:
        channels: Channels of input and output.
        norm: Builds a normalisation for a given number of channels; none by default.
        final_relu: Whether a ReLU follows the sum.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(
        self,
        channels: int,
        norm: Callable[[int], nn.Module] | None = None,
        final_relu: bool = False,
    ) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        layers: list[nn.Module] = []
        for _ in range(2):
            layers.append(nn.Conv2d(channels, channels, 3, padding=1))
            if norm is not None:
                layers.append(norm(channels))
            layers.append(nn.ReLU())
        self.body = nn.Sequential(*layers)
        self.final_relu = final_relu

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        total: torch.Tensor = x + self.body(x)
        return torch.relu(total) if self.final_relu else total


@MODELS.register_module()
class PreActivationBlock(nn.Module):
    """x + body(x), where body is twice a normalisation, a ReLU and a 3×3 convolution.

    He et al., "Identity Mappings in Deep Residual Networks", ECCV 2016, figure 1b. The
    MATLAB release of DDN uses it. Its code is obfuscated, but the moments stored with each
    normalisation show where it stands: they are those of a sum of blocks, or of a
    convolution within a block.

    Args:
        channels: Channels of input and output.
        norm: Builds a normalisation for a given number of channels.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(self, channels: int, norm: Callable[[int], nn.Module]) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [norm(channels), nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1)]
        self.body = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        residual: torch.Tensor = self.body(x)
        return x + residual

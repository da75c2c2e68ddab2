"""The residual block of two convolutions."""

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
        norm: Returns a normalisation for a number of channels; by default there is none.
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

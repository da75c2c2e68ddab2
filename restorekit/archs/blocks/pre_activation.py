"""The residual block whose normalisations and ReLUs come before the convolutions."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.registry import MODELS


@MODELS.register_module()
class PreActivationBlock(nn.Module):
    """x + body(x), where body is twice a normalisation, a ReLU and a 3×3 convolution.

    He et al., "Identity Mappings in Deep Residual Networks", ECCV 2016, figure 1b. The
    MATLAB release of DDN uses it: its code is obfuscated, but the moments stored with each
    normalisation are those of a sum of blocks, or of a convolution within one.

    Args:
        channels: Channels of input and output.
        norm: Returns a normalisation for a number of channels.

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

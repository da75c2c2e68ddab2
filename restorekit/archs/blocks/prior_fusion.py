"""Fusion of two feature maps, guided by what they have in common."""

from __future__ import annotations

import torch
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.registry import MODELS


@MODELS.register_module()
class PriorFusion(nn.Module):
    """Emphasise in each of two feature maps what it has in common with the other.

    Both maps go through a convolution, and the sigmoid of their product is a mask for both.
    Each map is then added to its masked form, with two weights per pixel that a convolution of
    the two gives.

    Used by SPDNet (ICCV 2021), HCT-FFN (AAAI 2023) and NeRD-Rain (CVPR 2024).

    Args:
        channels: Channels of both inputs and of both results.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        self.query = nn.Conv2d(channels, channels, 3, padding=1)
        self.key = nn.Conv2d(channels, channels, 3, padding=1)
        self.gates = nn.ModuleList(nn.Conv2d(2 * channels, 2, 3, padding=1) for _ in range(2))

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the fused ``x`` and ``y``, of their shape (N, channels, H, W)."""
        common = torch.sigmoid(self.query(x) * self.key(y))
        first, second = (
            _mix(features, features * common, gate)
            for features, gate in zip((x, y), self.gates, strict=True)
        )
        return first, second


def _mix(features: torch.Tensor, masked: torch.Tensor, gate: nn.Module) -> torch.Tensor:
    weights = gate(torch.cat([features, masked], dim=1))
    mixed: torch.Tensor = features * weights[:, :1] + masked * weights[:, 1:]
    return mixed

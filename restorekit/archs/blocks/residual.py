"""The residual block of two convolutions."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.registry import MODELS

from .folding import run_folded
from .untracked import add, relu


@MODELS.register_module()
class ResidualBlock(nn.Module):
    """x + body(x); the body is twice a convolution 3×3, normalisation if any, and a ReLU.

    Unlike in ResNet a ReLU follows the second convolution too, before the sum: so it is in
    DDN and REHEN, with batch normalisation, and in PReNet, without any, where another ReLU
    follows the sum.

    Args:
        channels: Channels of input and output.
        norm: Makes the normalisation of so many channels; none if missing.
        final_relu: Whether a ReLU follows the sum.

    Raises:
        ConfigError: If a value is out of its range.
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
            # In place is safe: no layer before it needs its output to be differentiated.
            layers.append(nn.ReLU(inplace=True))
        self.body = nn.Sequential(*layers)
        self.final_relu = final_relu

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        total = add(run_folded(self.body, x), x)
        return relu(total) if self.final_relu else total

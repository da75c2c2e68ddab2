"""REHEN written down plainly, step by step as the paper and the released code compute it.

The parameters are those of :class:`~restorekit.archs.rehen.REHEN`, so that one state dict fits
both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from .reference_rescan import plain_head
from .reference_units import PlainAttention, PlainUnit, State


class ReferenceREHEN(nn.Module):
    """The opponent of the benchmarks and the oracle of their tests.

    Args:
        channels: See :class:`~restorekit.archs.rehen.REHEN`, as all others.
        num_stages: Stages.
        num_blocks: Blocks of a stage.
        recurrent_unit: ``ConvRNN``, ``ConvGRU``, ``ConvLSTM`` or ``ConvUnit``.
        se_channels: Inner channels of the squeeze-and-excitations.
        norm: ``eps`` and ``momentum`` of the batch normalisation; running averages are used.
    """

    def __init__(
        self,
        channels: int = 24,
        num_stages: int = 4,
        num_blocks: int = 5,
        recurrent_unit: str = "ConvGRU",
        se_channels: int = 6,
        norm: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.num_stages = num_stages
        moments: dict[str, Any] = {"eps": 1e-3, "momentum": 3e-4}
        moments |= {key: value for key, value in (norm or {}).items() if key in moments}
        self.units = nn.ModuleList(
            _Block(index, channels, recurrent_unit, se_channels, moments)
            for index in range(num_blocks)
        )
        self.head = plain_head(channels, se_channels, 3)

    def forward(self, lq: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the derained image of each stage."""
        states: list[State | None] = [None] * len(self.units)
        outputs: list[torch.Tensor] = []
        x = lq
        for _ in range(self.num_stages):
            for index, block in enumerate(self.units):
                x, states[index] = block(x, states[index])
            x = lq - self.head(x)
            outputs.append(x)
        return tuple(outputs)


class _Residual(nn.Module):
    def __init__(self, channels: int, moments: dict[str, Any]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [
                nn.Conv2d(channels, channels, 3, padding=1),
                nn.BatchNorm2d(channels, **moments),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.body(x)
        return result + x


class _Enhancement(nn.Module):
    def __init__(self, channels: int, se_channels: int, moments: dict[str, Any]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(_Residual(channels, moments) for _ in range(2))
        self.fusion = nn.Sequential(
            nn.Conv2d(3 * channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels, **moments),
            PlainAttention(channels, se_channels),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.blocks[0](x)
        second = self.blocks[1](first)
        return F.relu(self.fusion(torch.cat((x, first, second), 1))) + x


class _Block(nn.Module):
    def __init__(
        self, index: int, channels: int, kind: str, se_channels: int, moments: dict[str, Any]
    ) -> None:
        super().__init__()
        self.enhancement = _Enhancement(channels, se_channels, moments) if index else None
        self.unit = PlainUnit(kind, channels if index else 3, channels, 1, se_channels)

    def forward(self, x: torch.Tensor, state: State | None) -> tuple[torch.Tensor, State]:
        if self.enhancement is not None:
            x = self.enhancement(x)
        output, new_state = self.unit(x, state)
        return output, new_state

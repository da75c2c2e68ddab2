"""RESCAN written down plainly, step by step as the paper and the released code compute it.

The parameters are those of :class:`~restorekit.archs.rescan.RESCAN`, so that one state dict
fits both.
"""

from __future__ import annotations

import torch
from torch import nn

from .reference_units import PlainAttention, PlainUnit, State


class ReferenceRESCAN(nn.Module):
    """The opponent of the benchmarks and the oracle of their tests.

    Args:
        channels: See :class:`~restorekit.archs.rescan.RESCAN`, as all others.
        num_stages: Stages.
        depth: Units and two.
        recurrent_unit: ``ConvRNN``, ``ConvGRU``, ``ConvLSTM`` or ``ConvUnit``.
        prediction: ``full`` or ``additive``.
        se_channels: Inner channels of the squeeze-and-excitations; 0 for none.
    """

    def __init__(
        self,
        channels: int = 24,
        num_stages: int = 4,
        depth: int = 7,
        recurrent_unit: str = "ConvGRU",
        prediction: str = "full",
        se_channels: int = 6,
    ) -> None:
        super().__init__()
        self.num_stages = num_stages
        self.additive = prediction == "additive"
        self.units = nn.ModuleList(
            PlainUnit(
                recurrent_unit,
                channels if index else 3,
                channels,
                2 ** max(index - 1, 0),
                se_channels,
            )
            for index in range(depth - 2)
        )
        self.head = plain_head(channels, se_channels, 1)

    def forward(self, lq: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the derained image of each stage."""
        states: list[State | None] = [None] * len(self.units)
        outputs: list[torch.Tensor] = []
        rain = torch.zeros_like(lq)
        for _ in range(self.num_stages):
            x = lq - rain
            for index, unit in enumerate(self.units):
                x, states[index] = unit(x, states[index])
            stage_rain = self.head(x)
            rain = rain.detach() + stage_rain if self.additive else stage_rain
            outputs.append(lq - rain)
        return tuple(outputs)


def plain_head(channels: int, se_channels: int, last_side: int) -> nn.Sequential:
    """Return what gives the rain of the last unit's output.

    Args:
        channels: Of that.
        se_channels: Of the squeeze-and-excitation; 0 for none.
        last_side: Side of the last convolution's kernel.
    """
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1),
        *([PlainAttention(channels, se_channels)] if se_channels else []),
        nn.LeakyReLU(0.2),
        nn.Conv2d(channels, 3, last_side, padding=last_side // 2),
    )

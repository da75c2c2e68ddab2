"""The convolutions of recurrent units' gates, computed together or apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from .untracked import is_tracked

if TYPE_CHECKING:
    from .recurrent import RecurrentUnit

#: The CPU's convolutions of up to this many output channels are up to twice as fast a channel
#: as larger ones (oneDNN 3 with AVX-512).
_MAX_CHANNELS = 48


class Gate(NamedTuple):
    """A gate of a unit.

    Attributes:
        of_x: Its place among the gates of ``conv_x``.
        of_hidden: Its place among those of ``conv_h``; none: it does not read the state.
        activation: May overwrite its argument where no gradient is asked for.
    """

    of_x: int
    of_hidden: int | None
    activation: Callable[[torch.Tensor], torch.Tensor]


def compute_gates(
    unit: RecurrentUnit, wanted: Sequence[Gate], x: torch.Tensor, hidden: torch.Tensor | None = None
) -> list[torch.Tensor]:
    """Compute gates of a unit.

    With gradients, ``conv_x`` and ``conv_h`` are called once each and taken apart. In
    inference only what is asked for is computed, and few channels at a time.

    Args:
        unit: Has ``conv_x``, and ``conv_h`` if there is a state.
        wanted: The gates.
        x: Input (N, C, H, W).
        hidden: State (N, hidden_channels, H, W); none at the first step.

    Returns:
        The gates, which nobody else reads, in the order of ``wanted``.
    """
    if not is_tracked(x, unit):
        return [part for group in _groups(unit, wanted) for part in _apart(unit, group, x, hidden)]
    from_x = torch.split(unit.conv_x(x), unit.hidden_channels, dim=1)
    totals = [from_x[gate.of_x] for gate in wanted]
    if hidden is not None:
        from_hidden = torch.split(unit.conv_h(hidden), unit.hidden_channels, dim=1)
        totals = [
            total if gate.of_hidden is None else total + from_hidden[gate.of_hidden]
            for gate, total in zip(wanted, totals, strict=True)
        ]
    return [gate.activation(total) for gate, total in zip(wanted, totals, strict=True)]


def _groups(unit: RecurrentUnit, wanted: Sequence[Gate]) -> list[list[Gate]]:
    """Part gates into runs of one activation and one kind of input, and of few channels."""
    most = max(_MAX_CHANNELS // unit.hidden_channels, 1)
    groups: list[list[Gate]] = []
    for gate in wanted:
        last = groups[-1] if groups else []
        alike = last and (last[0].activation, last[0].of_hidden is None) == (
            gate.activation,
            gate.of_hidden is None,
        )
        if alike and len(last) < most:
            last.append(gate)
        else:
            groups.append([gate])
    return groups


def _apart(
    unit: RecurrentUnit, group: Sequence[Gate], x: torch.Tensor, hidden: torch.Tensor | None
) -> Sequence[torch.Tensor]:
    """Compute gates of one group together."""
    dilation = unit.conv_x.dilation[0]
    weight, bias = _rows(unit.conv_x, [gate.of_x for gate in group], unit.hidden_channels)
    total = F.conv2d(x, weight, bias, padding=_padding(weight, dilation), dilation=dilation)
    of_hidden = [gate.of_hidden for gate in group if gate.of_hidden is not None]
    if hidden is not None and of_hidden:
        weight, bias = _rows(unit.conv_h, of_hidden, unit.hidden_channels)
        # A convolution of both, concatenated, takes longer than the two.
        total.add_(F.conv2d(hidden, weight, bias, padding=_padding(weight, 1)))
    # The activation before the split: on a whole tensor it is several times as fast.
    return torch.split(group[0].activation(total), unit.hidden_channels, dim=1)


def _padding(weight: torch.Tensor, dilation: int) -> int:
    return dilation * (weight.shape[-1] // 2)


def _rows(
    conv: nn.Conv2d, which: Sequence[int], channels: int
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return the weights and biases of some gates of a convolution."""
    weights = torch.split(conv.weight, channels)
    biases = () if conv.bias is None else torch.split(conv.bias, channels)
    return (
        torch.cat([weights[gate] for gate in which]),
        torch.cat([biases[gate] for gate in which]) if biases else None,
    )

"""What the plain forms of RESCAN and REHEN share: recurrent units, gate by gate, and attention.

The parameters lie as in :mod:`restorekit.archs.blocks`; each gate is a convolution of its own.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

#: What a unit hands on to the next stage.
State = tuple[torch.Tensor, ...]


class PlainAttention(nn.Module):
    """Squeeze-and-excitation.

    Args:
        channels: Of input and output.
        hidden_channels: Between the linear layers.
    """

    def __init__(self, channels: int, hidden_channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, hidden_channels)
        self.excite = nn.Linear(hidden_channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Weigh the channels of ``x``."""
        pooled = F.adaptive_avg_pool2d(x, 1).flatten(1)
        factors = torch.sigmoid(self.excite(F.relu(self.squeeze(pooled))))
        return x * factors.view(*factors.shape, 1, 1).expand_as(x)


class PlainUnit(nn.Module):
    """One of the recurrent units of RESCAN's and REHEN's released code, or none.

    Args:
        kind: ``ConvRNN``, ``ConvGRU``, ``ConvLSTM`` or ``ConvUnit``.
        in_channels: Of the input.
        channels: Of the output.
        dilation: Of the convolutions of the input.
        se_channels: Inner channels of the squeeze-and-excitation; 0 for none.
    """

    def __init__(
        self, kind: str, in_channels: int, channels: int, dilation: int, se_channels: int
    ) -> None:
        super().__init__()
        self.kind = kind
        self.channels = channels
        self.dilation = dilation
        gates, state_gates = {
            "ConvUnit": (1, 0),
            "ConvRNN": (1, 1),
            "ConvGRU": (3, 2),
            "ConvLSTM": (4, 4),
        }[kind]
        self.conv_x = nn.Conv2d(in_channels, gates * channels, 3)
        if state_gates:
            self.conv_h = nn.Conv2d(channels, state_gates * channels, 3)
        if kind == "ConvGRU":
            self.conv_n = nn.Conv2d(channels, channels, 3)
        self.attention = PlainAttention(channels, se_channels) if se_channels else None

    def forward(self, x: torch.Tensor, state: State | None) -> tuple[torch.Tensor, State]:
        """Return the output and the state for the next stage."""
        hidden, others = getattr(self, f"_{self.kind.lower()}")(x, state)
        if self.attention is not None:
            hidden = self.attention(hidden)
        hidden = F.leaky_relu(hidden, 0.2)
        return hidden, (hidden, *others)

    def _x(self, gate: int, x: torch.Tensor) -> torch.Tensor:
        return self._conv(self.conv_x, gate, x, self.dilation)

    def _h(self, gate: int, hidden: torch.Tensor) -> torch.Tensor:
        return self._conv(self.conv_h, gate, hidden, 1)

    def _conv(self, conv: nn.Conv2d, gate: int, x: torch.Tensor, dilation: int) -> torch.Tensor:
        """Compute one gate of a convolution whose gates lie one after the other."""
        part = slice(gate * self.channels, (gate + 1) * self.channels)
        bias = conv.bias[part] if conv.bias is not None else None
        return F.conv2d(x, conv.weight[part], bias, padding=dilation, dilation=dilation)

    def _convunit(self, x: torch.Tensor, state: State | None) -> tuple[torch.Tensor, State]:
        return self._x(0, x), ()

    def _convrnn(self, x: torch.Tensor, state: State | None) -> tuple[torch.Tensor, State]:
        if state is None:
            return torch.tanh(self._x(0, x)), ()
        return torch.tanh(self._x(0, x) + self._h(0, state[0])), ()

    def _convgru(self, x: torch.Tensor, state: State | None) -> tuple[torch.Tensor, State]:
        if state is None:
            z = torch.sigmoid(self._x(0, x))
            return z * torch.tanh(self._x(1, x)), ()
        z = torch.sigmoid(self._x(0, x) + self._h(0, state[0]))
        r = torch.sigmoid(self._x(2, x) + self._h(1, state[0]))
        n = torch.tanh(self._x(1, x) + self._conv(self.conv_n, 0, r * state[0], 1))
        return (1 - z) * state[0] + z * n, ()

    def _convlstm(self, x: torch.Tensor, state: State | None) -> tuple[torch.Tensor, State]:
        if state is None:
            cell = torch.sigmoid(self._x(0, x)) * torch.tanh(self._x(2, x))
            return torch.sigmoid(self._x(1, x)) * cell, (cell,)
        hidden, cell = state
        i = torch.sigmoid(self._x(0, x) + self._h(0, hidden))
        o = torch.sigmoid(self._x(1, x) + self._h(1, hidden))
        j = torch.tanh(self._x(2, x) + self._h(2, hidden))
        f = torch.sigmoid(self._x(3, x) + self._h(3, hidden))
        cell = f * cell + i * j
        return o * torch.tanh(cell), (cell,)

"""Convolutional recurrent units, which carry a state between scales or stages.

The gates of a unit that read the same input share one convolution, whose output channels hold
one gate after the other. A unit that only starts a recurrence (``first_step=True``) is built
without the convolutions that read the state and without the gates that only weigh it, which
would never receive a gradient.

``ConvRNN``, ``ConvGRU`` and ``ConvLSTM`` are those of the released code of RESCAN, DCSFN and
REHEN. ``PlainConvGRU`` and ``PlainConvLSTM`` are the textbook forms, which PReNet uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.archs.checks import require_choice, require_int
from restorekit.registry import MODELS

from .layers import NEGATIVE_SLOPE
from .squeeze_excitation import SqueezeExcitation

#: What a unit passes on: its hidden state h and, in an LSTM, its cell c.
State: TypeAlias = tuple[torch.Tensor, ...]


class RecurrentUnit(nn.Module):
    """Base class of the recurrent units.

    A unit is called as ``unit(x)`` at the first step and ``unit(x, state)`` afterwards,
    and returns its output (N, hidden_channels, H, W) and its state, a tuple of
    ``num_states`` tensors of that shape. The output is the first of them, after a
    squeeze-and-excitation if there is one and a LeakyReLU of slope 0.2, as in the released
    code of RESCAN, REHEN and DCSFN (which has no squeeze-and-excitation).

    Args:
        in_channels: Channels of ``x``.
        hidden_channels: Channels of the output and of each tensor of the state.
        kernel_size: Side of all kernels, odd.
        dilation: Dilation of the convolution of ``x``; that of the state has none.
        first_step: Build the unit only for calls without a state.
        se_channels: Inner channels of a squeeze-and-excitation of the output; 0 for none.

    Raises:
        ConfigError: If a value is out of range.
    """

    #: Number of tensors in the state.
    num_states: int = 1
    #: The textbook form: no LeakyReLU, one bias per gate, the same equations in every step.
    _plain: bool = False
    #: Number of gates that read ``x``, in a unit for the first step only and in any other.
    _input_gates: tuple[int, int]
    #: Number of gates that read the hidden state through ``conv_h``.
    _state_gates: int

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        kernel_size: int = 3,
        dilation: int = 1,
        first_step: bool = False,
        se_channels: int = 0,
    ) -> None:
        super().__init__()
        require_int(self, "in_channels", in_channels, 1)
        require_int(self, "hidden_channels", hidden_channels, 1)
        require_choice(self, "kernel_size", kernel_size, (1, 3, 5, 7))
        require_int(self, "dilation", dilation, 1)
        require_int(self, "se_channels", se_channels, 0)
        self.hidden_channels = hidden_channels
        self.kernel_size = kernel_size
        self.conv_x = nn.Conv2d(
            in_channels,
            self._input_gates[0 if first_step else 1] * hidden_channels,
            kernel_size,
            padding=dilation * (kernel_size // 2),
            dilation=dilation,
        )
        if not first_step and self._state_gates:
            self.conv_h = self._state_conv(self._state_gates)
        self.attention = SqueezeExcitation(hidden_channels, se_channels) if se_channels else None

    def convolve_first(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``conv_x`` of ``x`` for the gates that a step without a state needs."""
        conv, channels = self.conv_x, self._input_gates[0] * self.hidden_channels
        bias = None if conv.bias is None else conv.bias[:channels]
        return F.conv2d(x, conv.weight[:channels], bias, 1, conv.padding, conv.dilation)

    def gates(self, convolved: torch.Tensor) -> Sequence[torch.Tensor]:
        """Split the result of a convolution into gates (N, hidden_channels, H, W)."""
        return torch.split(convolved, self.hidden_channels, dim=1)

    def activate(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return the output for a hidden state."""
        if self.attention is not None:
            hidden = self.attention(hidden)
        return hidden if self._plain else F.leaky_relu(hidden, NEGATIVE_SLOPE)

    def _state_conv(self, num_gates: int) -> nn.Conv2d:
        channels, side = self.hidden_channels, self.kernel_size
        return nn.Conv2d(
            channels, num_gates * channels, side, padding=side // 2, bias=not self._plain
        )


@MODELS.register_module()
class ConvUnit(RecurrentUnit):
    """A convolution without a state, in place of a recurrent unit; see :class:`RecurrentUnit`.

    It makes RESCAN without recurrence (``Conv`` in its released code).
    """

    num_states = 0
    _input_gates = (1, 1)
    _state_gates = 0

    def forward(self, x: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Return the output; the state is an empty tuple."""
        return self.activate(self.conv_x(x)), ()


@MODELS.register_module()
class ConvRNN(RecurrentUnit):
    """h = tanh(W*x + U*h), then LeakyReLU; see :class:`RecurrentUnit`."""

    _input_gates = (1, 1)
    _state_gates = 1

    def forward(self, x: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Take one step; see :class:`RecurrentUnit` for the shapes."""
        total = self.conv_x(x)
        if state is not None:
            total = total + self.conv_h(state[0])
        hidden = self.activate(torch.tanh(total))
        return hidden, (hidden,)


@MODELS.register_module()
class ConvGRU(RecurrentUnit):
    """The gated recurrent unit with convolutions; see :class:`RecurrentUnit`.

    With the update gate z, the reset gate r and the candidate n::

        z = σ(W_z*x + U_z*h)    r = σ(W_r*x + U_r*h)    n = tanh(W_n*x + U_n*(r·h))
        h = (1 - z)·h + z·n

    Without a state, h = z·n. ``conv_x`` holds the W of z, n, r; ``conv_h`` the U of z, r;
    ``conv_n`` that of n.
    """

    _input_gates = (2, 3)
    _state_gates = 2

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        kernel_size: int = 3,
        dilation: int = 1,
        first_step: bool = False,
        se_channels: int = 0,
    ) -> None:
        super().__init__(
            in_channels, hidden_channels, kernel_size, dilation, first_step, se_channels
        )
        if not first_step:
            self.conv_n = self._state_conv(1)

    def forward(self, x: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Take one step; see :class:`RecurrentUnit` for the shapes."""
        if state is None:
            z_x, n_x = self.gates(self.convolve_first(x))
            hidden = torch.sigmoid(z_x) * torch.tanh(n_x)
        else:
            (previous,) = state
            z_x, n_x, r_x = self.gates(self.conv_x(x))
            z_h, r_h = self.gates(self.conv_h(previous))
            z, r = torch.sigmoid(z_x + z_h), torch.sigmoid(r_x + r_h)
            n = torch.tanh(n_x + self.conv_n(r * previous))
            hidden = (1 - z) * previous + z * n
        hidden = self.activate(hidden)
        return hidden, (hidden,)


@MODELS.register_module()
class PlainConvGRU(ConvGRU):
    """:class:`ConvGRU` with one bias per gate and without the LeakyReLU, as in PReNet_GRU.

    A gate's two convolutions together are the released code's single convolution of input
    and state, concatenated.
    """

    _plain = True


@MODELS.register_module()
class ConvLSTM(RecurrentUnit):
    """Long short-term memory with convolutions; see :class:`RecurrentUnit`.

    The state is (h, c). With the gates i, o, f and the candidate j, each a convolution of
    the input plus one of h::

        c = σ(f)·c + σ(i)·tanh(j)    h = σ(o)·tanh(c)

    Without a state c = σ(i)·tanh(j) and, as in the released code of RESCAN and DCSFN,
    h = σ(o)·c without the tanh, unless the unit is plain. ``conv_x`` and ``conv_h`` hold
    i, o, j, f in this order.
    """

    num_states = 2
    _input_gates = (3, 4)
    _state_gates = 4

    def forward(self, x: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Take one step; see :class:`RecurrentUnit` for the shapes."""
        if state is None:
            i, o, j = self.gates(self.convolve_first(x))
            cell = torch.sigmoid(i) * torch.tanh(j)
            hidden = torch.sigmoid(o) * (torch.tanh(cell) if self._plain else cell)
        else:
            previous, cell = state
            i, o, j, f = self.gates(self.conv_x(x) + self.conv_h(previous))
            cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(j)
            hidden = torch.sigmoid(o) * torch.tanh(cell)
        hidden = self.activate(hidden)
        return hidden, (hidden, cell)


@MODELS.register_module()
class PlainConvLSTM(ConvLSTM):
    """:class:`ConvLSTM` with one bias per gate and without the LeakyReLU, as in PReNet.

    A gate's two convolutions together are the released code's single convolution of input
    and state, concatenated; its first state is zero, which adds nothing.
    """

    _plain = True

"""Convolutional recurrent units: what carries a state between scales or stages.

The convolutions of a unit's gates that read the same input are one convolution with as
many times the channels (in inference they are taken apart again: :mod:`.gates`). A unit that
only ever starts a recurrence (``first_step=True``) is built without the convolutions that read
the state, nor those of gates that only weigh it: they would never receive a gradient.

``ConvRNN``, ``ConvGRU`` and ``ConvLSTM`` are those of RESCAN's, DCSFN's and REHEN's released
code; ``PlainConvGRU`` and ``PlainConvLSTM``, of the textbook's form, are PReNet's.
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import nn

from restorekit.archs.checks import require_choice, require_int
from restorekit.registry import MODELS

from .gates import Gate, compute_gates
from .layers import NEGATIVE_SLOPE
from .squeeze_excitation import SqueezeExcitation
from .untracked import add, leaky_relu, mul, sigmoid, tanh

# The gates of the units, by their places in conv_x and conv_h.
_TOTAL = Gate(0, 0, tanh)
_UPDATE, _RESET = Gate(0, 0, sigmoid), Gate(2, 1, sigmoid)
_CANDIDATE, _CANDIDATE_OF_X = Gate(1, None, tanh), Gate(1, None, lambda x: x)
_INPUT, _OUTPUT, _FORGET = Gate(0, 0, sigmoid), Gate(1, 1, sigmoid), Gate(3, 3, sigmoid)
_CELL = Gate(2, 2, tanh)

#: What a unit hands on: its hidden state, and for an LSTM also its cell.
State: TypeAlias = tuple[torch.Tensor, ...]


class RecurrentUnit(nn.Module):
    """Base of the units: the convolutions, and what a unit of one's own has to offer.

    A unit is called as ``unit(x)`` at the first step and ``unit(x, state)`` afterwards,
    and returns its output (N, hidden_channels, H, W) and its state, a tuple of
    ``num_states`` tensors of that shape. The output is the first of them, after a
    squeeze-and-excitation where there is one and a LeakyReLU of slope 0.2, as in the
    released code of RESCAN, REHEN and DCSFN (which has no squeeze-and-excitation).

    Args:
        in_channels: Channels of ``x``.
        hidden_channels: Channels of the output and of each tensor of the state.
        kernel_size: Side of all kernels, odd.
        dilation: Dilation of the convolution of ``x``; that of the state has none.
        first_step: Build the unit for use without a state only.
        se_channels: Inner channels of a squeeze-and-excitation of the output; 0 for none.

    Raises:
        ConfigError: If a value is out of its range.
    """

    #: Number of tensors in the state.
    num_states: int = 1
    #: The textbook's unit: no LeakyReLU, one bias a gate, all steps alike.
    _plain: bool = False
    #: Gates computed from ``x`` at the first step, and later.
    _input_gates: tuple[int, int]
    #: Gates computed from the hidden state by one convolution.
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

    def _state_conv(self, num_gates: int) -> nn.Conv2d:
        channels, side = self.hidden_channels, self.kernel_size
        return nn.Conv2d(
            channels, num_gates * channels, side, padding=side // 2, bias=not self._plain
        )

    def _activate(self, hidden: torch.Tensor) -> torch.Tensor:
        if self.attention is not None:
            hidden = mul(hidden, self.attention.factors(hidden))
        return hidden if self._plain else leaky_relu(hidden, NEGATIVE_SLOPE)


@MODELS.register_module()
class ConvUnit(RecurrentUnit):
    """A convolution without any state in the place of a unit; see :class:`RecurrentUnit`.

    RESCAN without recurrence, ``Conv`` in its released code.
    """

    num_states = 0
    _input_gates = (1, 1)
    _state_gates = 0

    def forward(self, x: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Return the output; the state is an empty tuple."""
        return self._activate(self.conv_x(x)), ()


@MODELS.register_module()
class ConvRNN(RecurrentUnit):
    """h = tanh(W*x + U*h), then LeakyReLU; see :class:`RecurrentUnit`."""

    _input_gates = (1, 1)
    _state_gates = 1

    def forward(self, x: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Take one step; see :class:`RecurrentUnit` for the shapes."""
        (hidden,) = compute_gates(self, [_TOTAL], x, state[0] if state is not None else None)
        hidden = self._activate(hidden)
        return hidden, (hidden,)


@MODELS.register_module()
class ConvGRU(RecurrentUnit):
    """The gated recurrent unit with convolutions; see :class:`RecurrentUnit`.

    ``z`` takes the candidate ``n`` in (h = (1 - z)·h + z·n), ``r`` weighs the state within
    ``n``. Without a state, h = z·n. ``conv_x`` gives z, n, r; ``conv_h`` z, r; ``conv_n`` n.
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
            z, n = compute_gates(self, [_UPDATE, _CANDIDATE], x)
            hidden = mul(z, n)
        else:
            (previous,) = state
            z, r, of_x = compute_gates(self, [_UPDATE, _RESET, _CANDIDATE_OF_X], x, previous)
            n = tanh(add(of_x, self.conv_n(mul(r, previous))))
            # (1 - z)·h + z·n
            hidden = torch.lerp(previous, n, z)
        hidden = self._activate(hidden)
        return hidden, (hidden,)


@MODELS.register_module()
class PlainConvGRU(ConvGRU):
    """:class:`ConvGRU` with one bias a gate and without the LeakyReLU: PReNet_GRU's.

    The gates' convolutions of input and state together are the released code's single
    convolution of both, concatenated.
    """

    _plain = True


@MODELS.register_module()
class ConvLSTM(RecurrentUnit):
    """Long short-term memory with convolutions; see :class:`RecurrentUnit`.

    The state is (h, c). Both convolutions give the gates i, o, j, f: c = f·c + i·j and
    h = o·tanh(c). Without a state c = i·j and, as in the released code of RESCAN and
    DCSFN, h = o·c without the tanh, unless the unit is plain.
    """

    num_states = 2
    _input_gates = (3, 4)
    _state_gates = 4

    def forward(self, x: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Take one step; see :class:`RecurrentUnit` for the shapes."""
        if state is None:
            i, o, j = compute_gates(self, [_INPUT, _OUTPUT, _CELL], x)
            cell = mul(i, j)
            hidden = mul(o, tanh(cell) if self._plain else cell)
        else:
            i, o, j, f = compute_gates(self, [_INPUT, _OUTPUT, _CELL, _FORGET], x, state[0])
            cell = add(mul(f, state[1]), mul(i, j))
            hidden = mul(o, tanh(cell))
        hidden = self._activate(hidden)
        return hidden, (hidden, cell)


@MODELS.register_module()
class PlainConvLSTM(ConvLSTM):
    """:class:`ConvLSTM` with one bias a gate, without the LeakyReLU: PReNet's.

    The gates' convolutions of input and state together are the released code's single
    convolution of both, concatenated; its first state is zero, which adds nothing.
    """

    _plain = True

"""PReNet written down plainly, step by step as the paper and the released code compute it.

The convolution of each gate is one of its own, over input and state concatenated; the first
state is zero. The parameters are those of :class:`~restorekit.archs.prenet.PReNet`, so that
one state dict fits both.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class ReferencePReNet(nn.Module):
    """The opponent of the benchmarks and the oracle of their tests.

    Args:
        channels: See :class:`~restorekit.archs.prenet.PReNet`, as all others.
        num_stages: Stages.
        num_blocks: Residual blocks of a stage.
        recurrent_unit: ``PlainConvLSTM``, ``PlainConvGRU`` or none.
        recursive_blocks: Whether all blocks are one.
        concat_input: Whether each stage sees the rainy image too.
        residual: Whether a stage predicts a residual.
    """

    def __init__(
        self,
        channels: int = 32,
        num_stages: int = 6,
        num_blocks: int = 5,
        recurrent_unit: str | None = "PlainConvLSTM",
        recursive_blocks: bool = False,
        concat_input: bool = True,
        residual: bool = True,
    ) -> None:
        super().__init__()
        self.num_stages = num_stages
        self.num_blocks = num_blocks
        self.concat_input = concat_input
        self.residual = residual
        self.head = nn.Sequential(_conv(6 if concat_input else 3, channels), nn.ReLU())
        units = {"PlainConvLSTM": _LSTM, "PlainConvGRU": _GRU}
        self.recurrent_unit = (
            units[recurrent_unit](channels) if recurrent_unit is not None else None
        )
        self.blocks = nn.ModuleList(
            _Block(channels) for _ in range(1 if recursive_blocks else num_blocks)
        )
        self.tail = _conv(channels, 3)

    def forward(self, lq: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the output of each stage."""
        x = lq
        outputs = []
        state: tuple[torch.Tensor, ...] | None = None
        for _ in range(self.num_stages):
            x = self.head(torch.cat((lq, x), 1) if self.concat_input else x)
            if self.recurrent_unit is not None:
                x, state = self.recurrent_unit(x, state)
            for index in range(self.num_blocks):
                x = self.blocks[index % len(self.blocks)](x)
            x = self.tail(x)
            if self.residual:
                x = x + lq
            outputs.append(x)
        return tuple(outputs)


def _conv(in_channels: int, out_channels: int, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=bias)


class _Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _conv(channels, channels), nn.ReLU(), _conv(channels, channels), nn.ReLU()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.body(x) + x)


class _Unit(nn.Module):
    """Holds the parameters as ours are laid out, and applies them gate by gate."""

    conv_x: nn.Conv2d
    conv_h: nn.Conv2d
    conv_n: nn.Conv2d

    def gate(
        self, name: int, state_name: int | None, x: torch.Tensor, state: torch.Tensor
    ) -> torch.Tensor:
        """Return one gate before its activation, from input and state concatenated.

        Args:
            name: Its place among the gates that read ``x``.
            state_name: Its place among those that read the state; none: it is ``conv_n``'s.
            x: Input.
            state: State, or what of it the gate reads.
        """
        channels = x.shape[1]
        part = slice(name * channels, (name + 1) * channels)
        if state_name is None:
            weight_h = self.conv_n.weight
        else:
            weight_h = self.conv_h.weight[state_name * channels : (state_name + 1) * channels]
        weight = torch.cat((self.conv_x.weight[part], weight_h), 1)
        bias = self.conv_x.bias[part] if self.conv_x.bias is not None else None
        return F.conv2d(torch.cat((x, state), 1), weight, bias, padding=1)


class _LSTM(_Unit):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_x = _conv(channels, 4 * channels)
        self.conv_h = _conv(channels, 4 * channels, bias=False)

    def forward(
        self, x: torch.Tensor, state: tuple[torch.Tensor, ...] | None
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        hidden, cell = state if state is not None else (torch.zeros_like(x), torch.zeros_like(x))
        i = torch.sigmoid(self.gate(0, 0, x, hidden))
        o = torch.sigmoid(self.gate(1, 1, x, hidden))
        g = torch.tanh(self.gate(2, 2, x, hidden))
        f = torch.sigmoid(self.gate(3, 3, x, hidden))
        cell = f * cell + i * g
        hidden = o * torch.tanh(cell)
        return hidden, (hidden, cell)


class _GRU(_Unit):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_x = _conv(channels, 3 * channels)
        self.conv_h = _conv(channels, 2 * channels, bias=False)
        self.conv_n = _conv(channels, channels, bias=False)

    def forward(
        self, x: torch.Tensor, state: tuple[torch.Tensor, ...] | None
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        hidden = state[0] if state is not None else torch.zeros_like(x)
        z = torch.sigmoid(self.gate(0, 0, x, hidden))
        r = torch.sigmoid(self.gate(2, 1, x, hidden))
        n = torch.tanh(self.gate(1, None, x, r * hidden))
        hidden = (1 - z) * hidden + z * n
        return hidden, (hidden,)

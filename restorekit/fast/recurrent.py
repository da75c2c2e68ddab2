"""Recurrent units in inference: a convolution for each gate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorekit.archs.blocks.recurrent import (
    ConvGRU,
    ConvLSTM,
    PlainConvGRU,
    PlainConvLSTM,
    RecurrentUnit,
)

from .forms import FastForm, gradients_wanted, register_fast_form


class GateByGate(FastForm, RecurrentUnit):
    """Base of the units' fast forms: each gate has its own convolution.

    On a CPU, convolutions of few output channels take less time per channel than larger ones
    (oneDNN 3 with AVX-512), and operations on a gate less than on a slice of a tensor that
    holds several gates in the channels-last layout.
    """

    def skipped_modules(self) -> Iterable[nn.Module]:
        """Return the convolutions that hold several gates."""
        return (conv for name, conv in self.named_children() if name in ("conv_x", "conv_h"))

    def gates_of(self, conv: nn.Conv2d, x: Tensor) -> Sequence[Tensor]:
        """Return each gate's share of a convolution, (N, hidden_channels, H, W) each."""
        if x.device.type != "cpu" or gradients_wanted(self, x):
            return super().gates_of(conv, x)
        weights = torch.split(conv.weight, self.hidden_channels)
        biases = (
            [None] * len(weights)
            if conv.bias is None
            else torch.split(conv.bias, self.hidden_channels)
        )
        return [
            F.conv2d(x, weight, bias, padding=conv.padding, dilation=conv.dilation)
            for weight, bias in zip(weights, biases, strict=True)
        ]


@register_fast_form(ConvGRU)
class FastConvGRU(GateByGate, ConvGRU):
    """The gated recurrent unit, gate by gate."""


@register_fast_form(PlainConvGRU)
class FastPlainConvGRU(GateByGate, PlainConvGRU):
    """PReNet_GRU's unit, gate by gate."""


@register_fast_form(ConvLSTM)
class FastConvLSTM(GateByGate, ConvLSTM):
    """Long short-term memory, gate by gate."""


@register_fast_form(PlainConvLSTM)
class FastPlainConvLSTM(GateByGate, PlainConvLSTM):
    """PReNet's unit, gate by gate."""

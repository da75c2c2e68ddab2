"""The 1×1 convolutions of a dense connection in training, without concatenating anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.grad import conv2d_weight

from .layers import is_small


class DenseFusion:
    """The convolutions y_j = b_j + Σ_i W_ji x_i over a growing row x_0, x_1, …, x_j+1.

    Concatenating what each of them reads copies, and in training keeps, a number of tensors
    that is quadratic in the row's length. Here one row of tensors serves all convolutions.
    Differentiation goes from the last one to the first, so that the gradients g_j of the y_j
    form such a row too: the gradient of x_i is Σ_j W_jiᵀ g_j, a convolution over what is there
    of it at that moment. The gradients of all weights, g_j x_iᵀ, are left to the end and are
    then a few products of large matrices.

    Args:
        first: x_0, (N, C, H, W), of the shape of all others.
        layers: For each y_j its 1×1 convolution, from (j + 2)·C to C channels, and what
            follows it.
    """

    def __init__(self, first: Tensor, layers: Sequence[nn.Sequential]) -> None:
        dtype = first.dtype
        if torch.is_autocast_enabled(first.device.type):
            dtype = torch.get_autocast_dtype(first.device.type)
        self._layers = layers
        convolutions = [cast(nn.Conv2d, layer[0]) for layer in layers]
        self._parameters = [(conv.weight, conv.bias) for conv in convolutions]
        self._inputs = _Row(dtype)
        self._inputs.append(first.detach())
        self._gradients = _Gradients(dtype, first.shape[1])
        flat = [parameter for pair in self._parameters for parameter in pair]
        #: Nothing is in it; with it each convolution waits for the next one's gradient.
        self._order: Tensor = _First.apply(self._gradients, first, *flat)  # type: ignore[no-untyped-call]
        self._next = 0

    def __call__(self, x: Tensor) -> Tensor:
        """Append the next x_i, (N, C, H, W), to the row and return the next layer's result."""
        layer, (weight, bias) = self._layers[self._next], self._parameters[self._next]
        self._next += 1
        bias = None if bias is None else bias.detach()
        outputs: tuple[Tensor, Tensor] = _Fusion.apply(  # type: ignore[no-untyped-call]
            self._inputs, self._gradients, self._order, x, weight.detach(), bias
        )
        y, self._order = outputs
        for following in list(layer)[1:]:
            y = following(y)
        return y


class _First(torch.autograd.Function):
    """Where differentiation ends: gives the gradients of x_0 and of all parameters."""

    @staticmethod
    def forward(
        ctx: Any, gradients: _Gradients, first: Tensor, *parameters: Tensor | None
    ) -> Tensor:
        ctx.gradients, ctx.dtype = gradients, first.dtype
        ctx.dtypes = [None if p is None else p.dtype for p in parameters]
        return first.new_empty(0)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, _: Tensor) -> tuple[Any, ...]:
        _, needs_first, *needs_parameter = ctx.needs_input_grad
        gradients: _Gradients = ctx.gradients
        first = gradients.of_input(0).to(ctx.dtype) if needs_first else None
        grads = gradients.of_parameters() if any(needs_parameter) else []
        missing = [None] * (len(ctx.dtypes) - len(grads))
        typed = [
            grad.to(dtype) if needed and dtype is not None else None
            for grad, needed, dtype in zip(grads, needs_parameter, ctx.dtypes, strict=False)
        ]
        gradients.clear()
        return None, first, *typed, *missing


class _Fusion(torch.autograd.Function):
    """One of the convolutions."""

    @staticmethod
    def forward(
        ctx: Any,
        inputs: _Row,
        gradients: _Gradients,
        order: Tensor,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        inputs.append(x)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(weight, *inputs.parts)
        ctx.index, ctx.gradients, ctx.dtype = inputs.length - 1, gradients, x.dtype
        y = inputs.convolve(weight, bias)
        ctx.shape = y.shape
        return y, order.new_empty(0)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor | None, later: Tensor | None) -> tuple[Any, ...]:
        weight, *inputs = ctx.saved_tensors
        gradients: _Gradients = ctx.gradients
        if later is None:
            gradients.start(inputs)
        if grad is None:
            grad = inputs[0].new_zeros(ctx.shape)
        gradients.append(grad, weight)
        grad_x = gradients.of_input(ctx.index).to(ctx.dtype) if ctx.needs_input_grad[3] else None
        return None, None, grad.new_empty(0), grad_x, None, None


class _Row:
    """Tensors in a row and 1×1 convolutions of all of them.

    Four neighbours are concatenated once they are there: large enough for convolutions to be
    efficient, and each tensor is copied once. Small tensors are all concatenated, each time.
    """

    GROUP = 4

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype
        self.parts: list[Tensor] = []
        self.length = 0

    def append(self, tensor: Tensor) -> None:
        self.parts.append(tensor.to(self.dtype))
        self.length += 1
        if is_small(tensor):
            self.parts = [torch.cat(self.parts, dim=1)]
        elif self.length % self.GROUP == 0:
            self.parts[-self.GROUP :] = [torch.cat(self.parts[-self.GROUP :], dim=1)]

    def convolve(self, weight: Tensor, bias: Tensor | None) -> Tensor:
        widths = [part.shape[1] for part in self.parts]
        columns = torch.split(weight.to(self.dtype), widths, dim=1)
        bias = None if bias is None else bias.to(self.dtype)
        with torch.autocast(weight.device.type, enabled=False):
            total = F.conv2d(self.parts[0], columns[0], bias)
            for part, column in zip(self.parts[1:], columns[1:], strict=True):
                total += F.conv2d(part, column)
        return total


class _Gradients:
    """The gradients of the y_j, from the last one on, and what follows from them."""

    def __init__(self, dtype: torch.dtype, channels: int) -> None:
        self.dtype = dtype
        self.channels = channels
        self.clear()

    def clear(self) -> None:
        self.start([])

    def start(self, inputs: list[Tensor]) -> None:
        self.inputs = inputs
        self.row = _Row(self.dtype)
        self.weights: list[Tensor] = []

    def append(self, grad: Tensor, weight: Tensor) -> None:
        self.row.append(grad)
        self.weights.append(weight)

    def of_input(self, index: int) -> Tensor:
        """Return the gradient of x_i, once those of all y_j that read it are there."""
        columns = slice(index * self.channels, (index + 1) * self.channels)
        weights = [weight[:, columns].transpose(0, 1) for weight in self.weights]
        return self.row.convolve(torch.cat(weights, dim=1), None)

    def of_parameters(self) -> list[Tensor]:
        """Return the gradients of all weights and biases, the first convolution's first."""
        rows = [weight.shape[1] for weight in self.weights]
        grads: list[Tensor] = []
        for part in reversed(self.row.parts):
            count = part.shape[1] // self.channels
            widths = [rows.pop() for _ in range(count)]
            blocks, bias = _products(part, self.inputs, widths[-1])
            # The part holds the last convolution's gradient first.
            for place, width in zip(reversed(range(count)), widths, strict=True):
                lines = slice(place * self.channels, (place + 1) * self.channels)
                grads += [blocks[lines, :width], bias[lines]]
        return grads


def _products(grad: Tensor, inputs: Sequence[Tensor], width: int) -> tuple[Tensor, Tensor]:
    """Return the gradients of a weight of (at least) ``width`` columns and of its bias."""
    blocks: list[Tensor] = []
    for part in inputs:
        if width <= 0:
            break
        shape = (grad.shape[1], part.shape[1], 1, 1)
        blocks.append(conv2d_weight(part, shape, grad))  # type: ignore[no-untyped-call]
        width -= part.shape[1]
    return torch.cat(blocks, dim=1), grad.sum((0, 2, 3))

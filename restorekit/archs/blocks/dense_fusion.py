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
        if dtype != torch.float64 and torch.is_autocast_enabled(first.device.type):
            dtype = torch.get_autocast_dtype(first.device.type)
        convolutions = [cast(nn.Conv2d, layer[0]) for layer in layers]
        weights = _triangle([conv.weight.detach().to(dtype) for conv in convolutions])
        self._layers = layers
        self._inputs = _Row(weights, first.shape[1], first.detach())
        self._gradients = _Gradients(weights, first.shape[1])
        flat = [parameter for conv in convolutions for parameter in (conv.weight, conv.bias)]
        #: Nothing is in it; with it each convolution waits for the next one's gradient.
        self._order: Tensor = _First.apply(self._gradients, first, *flat)  # type: ignore[no-untyped-call]

    def __call__(self, x: Tensor) -> Tensor:
        """Append the next x_i, (N, C, H, W), to the row and return the next layer's result."""
        conv, *following = cast(Any, self._layers[self._inputs.length])
        bias = None if conv.bias is None else conv.bias.detach()
        outputs: tuple[Tensor, Tensor] = _Fusion.apply(  # type: ignore[no-untyped-call]
            self._inputs, self._gradients, self._order, x, bias
        )
        y, self._order = outputs
        for module in following:
            y = module(y)
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
        first = gradients.of_first().to(ctx.dtype) if needs_first else None
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
        bias: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        inputs.append(x)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs.tensors)
        ctx.gradients, ctx.dtype = gradients, x.dtype
        y = inputs.convolve(bias)
        ctx.shape = y.shape
        return y, order.new_empty(0)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor | None, later: Tensor | None) -> tuple[Any, ...]:
        inputs: tuple[Tensor, ...] = ctx.saved_tensors
        gradients: _Gradients = ctx.gradients
        if later is None:
            gradients.start(inputs)
        if grad is None:
            grad = inputs[0].new_zeros(ctx.shape)
        gradients.append(grad)
        grad_x = gradients.of_last().to(ctx.dtype) if ctx.needs_input_grad[3] else None
        return None, None, grad.new_empty(0), grad_x, None


class _Row:
    """Tensors in a row, and after each that is appended a 1×1 convolution of all so far.

    Four neighbours are concatenated once they are there: large enough for convolutions to be
    efficient, and each tensor is copied once. What comes before a group of four is convolved for
    all four convolutions to come together. Small tensors are all concatenated, each time.

    Args:
        weight: Of all convolutions one below the other, (outputs, inputs, 1, 1); nothing is
            read of it that belongs to inputs which are not yet there.
        channels: Of each tensor, and of each convolution's result.
        first: A tensor that is there from the start.
    """

    GROUP = 4

    def __init__(self, weight: Tensor, channels: int, first: Tensor | None = None) -> None:
        self.weight = weight
        self.channels = channels
        #: How many have been appended.
        self.length = 0
        self._groups = [] if first is None else [first.to(weight.dtype)]
        self._current: list[Tensor] = []
        #: What the groups before the current one give to its convolutions.
        self._ahead: Sequence[Tensor] = ()

    @property
    def tensors(self) -> list[Tensor]:
        """All tensors in order, some of them concatenated."""
        return self._groups + self._current

    def append(self, tensor: Tensor) -> None:
        tensor = tensor.to(self.weight.dtype)
        if is_small(tensor):
            self._groups, self._current = [], [torch.cat([*self.tensors, tensor], dim=1)]
        else:
            if self.length % self.GROUP == 0:
                self._groups, self._current = self.tensors, []
                self._ahead = self._look_ahead()
            self._current.append(tensor)
            if len(self._current) == self.GROUP:
                self._current = [torch.cat(self._current, dim=1)]
        self.length += 1

    def convolve(self, bias: Tensor | None = None) -> Tensor:
        """Return the convolution of all tensors that is due after the last of them."""
        stop = self.length * self.channels
        done = sum(group.shape[1] for group in self._groups)
        total = _convolve(self._current, self.weight[stop - self.channels : stop, done:], bias)
        if self._ahead:
            total += self._ahead[(self.length - 1) % self.GROUP]
        return total

    def _look_ahead(self) -> Sequence[Tensor]:
        if not self._groups:
            return ()
        start, stop = (number * self.channels for number in (self.length, self.length + self.GROUP))
        return torch.split(_convolve(self._groups, self.weight[start:stop]), self.channels, dim=1)


class _Gradients:
    """The gradients of the y_j, from the last one on, and what follows from them.

    Args:
        weight: Of all convolutions, see :class:`_Row`.
        channels: Of each tensor.
    """

    def __init__(self, weight: Tensor, channels: int) -> None:
        self.weight = weight
        self.channels = channels

    def clear(self) -> None:
        """Let go of all tensors."""
        del self._inputs, self._row

    def start(self, inputs: Sequence[Tensor]) -> None:
        """Begin with the last of the y_j, which reads ``inputs``."""
        self._inputs = inputs
        channels = self.channels
        count = sum(part.shape[1] for part in inputs) // channels - 1
        weight = self.weight[: count * channels, : (count + 1) * channels]
        # By j, channel of y, i, channel of x; the last j and i first, as they come.
        blocks = weight.reshape(count, channels, count + 1, channels).flip(0, 2)
        turned = blocks.permute(2, 3, 0, 1).reshape(-1, count * channels, 1, 1)
        self._row = _Row(turned, channels)

    def append(self, grad: Tensor) -> None:
        """Take the gradient of the next y_j."""
        self._row.append(grad)

    def of_last(self) -> Tensor:
        """Return the gradient of the last x_i that the last of the y_j reads."""
        return self._row.convolve()

    def of_first(self) -> Tensor:
        """Return the gradient of x_0, once those of all y_j are there."""
        return _convolve(self._row.tensors, self._row.weight[-self.channels :])

    def of_parameters(self) -> list[Tensor]:
        """Return the gradients of all weights and biases, the first convolution's first."""
        channels = self.channels
        grads: list[Tensor] = []
        count = self._row.length
        for part in self._row.tensors:
            block, bias = _products(part, self._inputs, (count + 1) * channels)
            for start in range(0, part.shape[1], channels):
                lines = slice(start, start + channels)
                # The other way round, as the last convolution is the first here.
                grads += [bias[lines], block[lines, : (count + 1) * channels]]
                count -= 1
        return grads[::-1]


def _triangle(weights: Sequence[Tensor]) -> Tensor:
    """Return the weights one below the other, and nothing of use to the right of each."""
    channels, columns = weights[-1].shape[:2]
    matrix = weights[-1].new_empty(len(weights) * channels, columns, 1, 1)
    for index, weight in enumerate(weights):
        matrix[index * channels : (index + 1) * channels, : weight.shape[1]] = weight
    return matrix


def _convolve(parts: Sequence[Tensor], weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return the 1×1 convolution of ``parts`` in a row; of the weight its first columns count."""
    widths = [part.shape[1] for part in parts]
    columns = torch.split(weight[:, : sum(widths)], widths, dim=1)
    bias = None if bias is None else bias.to(weight.dtype)
    with torch.autocast(weight.device.type, enabled=False):
        total = F.conv2d(parts[0], columns[0], bias)
        for part, column in zip(parts[1:], columns[1:], strict=True):
            total += F.conv2d(part, column)
    return total


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

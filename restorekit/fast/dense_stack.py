"""Dense stacks whose features are not concatenated anew for every fusion that reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorekit.archs.blocks.dense_stack import DenseStack

from .forms import FastForm, gradients_wanted, register_fast_form
from .fusion import activate, is_small


@register_fast_form(DenseStack)
class FastDenseStack(FastForm, DenseStack):
    """A dense stack that writes each feature into its place of the concatenation once.

    In the channels-last layout, the first features of the concatenation are the first columns
    of a matrix with a row a pixel. A fusion multiplies these by its weights, without a copy.
    """

    def skipped_modules(self) -> Iterable[nn.Module]:
        """Return the fusions and their convolutions."""
        for fusion in self.fusions:
            yield fusion
            yield from fusion.children()

    def compute(self, x: Tensor, features: Sequence[Tensor] = ()) -> tuple[Tensor, list[Tensor]]:
        """Run all units; see :class:`~restorekit.archs.blocks.dense_stack.DenseStack`."""
        if not self.fusions or x.device.type != "cpu":
            plain: tuple[Tensor, list[Tensor]] = DenseStack.forward(self, x, features)
            return plain
        batch, channels, height, width = x.shape
        matrix = x.new_empty(batch * height * width, (len(self.units) + 1) * channels)
        row = matrix.view(batch, height, width, -1).permute(0, 3, 1, 2)
        first, *outputs = torch.split(row, channels, dim=1)
        first.copy_(x)

        def fused(index: int) -> Tensor:
            conv, *activations = cast(Any, self.fusions[index])
            columns = matrix[:, : conv.in_channels]
            total = torch.addmm(conv.bias, columns, conv.weight.flatten(1).T)
            total = total.view(batch, height, width, -1).permute(0, 3, 1, 2)
            return activate(activations, total)

        running = x
        for index in range(len(self.units)):
            if self.dense_fusion == "before":
                running = fused(index)
            running = self.run_unit(index, running, features)
            outputs[index].copy_(running)
            if self.dense_fusion == "after":
                running = fused(index)
        return running, outputs


@register_fast_form(DenseStack, training=True)
class TrainedDenseStack(FastDenseStack):
    """A dense stack that keeps half of the memory for backward.

    Written plainly, fusion j concatenates x_0, …, x_{j+1} and keeps the result for backward:
    a number of features that is quadratic in the length of the stack. Here all fusions
    share a :class:`_Row` of features.
    """

    with_gradients = True

    def compute(self, x: Tensor, features: Sequence[Tensor] = ()) -> tuple[Tensor, list[Tensor]]:
        """Run all units; see :class:`~restorekit.archs.blocks.dense_stack.DenseStack`."""
        if not gradients_wanted(self, (x, features)):
            return super().compute(x, features)
        if not self.fusions or is_small(x):
            plain: tuple[Tensor, list[Tensor]] = DenseStack.forward(self, x, features)
            return plain
        running, following = x, list(self.fusions)
        if self.dense_fusion == "before":
            # Its first fusion reads x alone; each of the others follows a unit.
            running = following.pop(0)([x])
        row = _Row(x, following)
        outputs: list[Tensor] = []
        for index in range(len(self.units)):
            running = self.run_unit(index, running, features)
            outputs.append(running)
            if index < len(following):
                running = row.fuse(running)
        return running, outputs


class _Row:
    """The features x_0, x_1, … of a dense stack, and their fusions.

    Every ``GROUP`` features are concatenated once, and never again. At that moment, one
    convolution computes what all features so far give to the next ``GROUP`` fusions: a few
    convolutions with many channels instead of many with few. Each fusion then adds what the
    features since then give to it.

    Args:
        first: x_0 (N, C, H, W), of the shape of all others.
        fusions: For each j the fusion of x_0, …, x_{j+1}.
    """

    GROUP = 4

    def __init__(self, first: Tensor, fusions: Sequence[nn.Module]) -> None:
        self._fusions = fusions
        self._channels = first.shape[1]
        #: Features that are concatenated, and those since then.
        self._groups: list[Tensor] = []
        self._recent = [first]
        #: What ``_groups`` give to the next fusions.
        self._ahead: list[Tensor] = []
        self._next = 0

    def fuse(self, x: Tensor) -> Tensor:
        """Append the next x_i, and return the fusion of all features so far."""
        if not self._ahead:
            self._look_ahead()
        self._recent.append(x)
        conv, *activations = cast(Any, self._fusions[self._next])
        self._next += 1
        weights = conv.weight[:, -len(self._recent) * self._channels :]
        total = self._ahead.pop(0) + _convolve(self._recent, weights, conv.bias)
        return activate(activations, total)

    def _look_ahead(self) -> None:
        """Concatenate the recent features, and compute what all give to the next fusions."""
        self._groups.append(torch.cat(self._recent, dim=1))
        self._recent = []
        width = sum(group.shape[1] for group in self._groups)
        fusions: Any = self._fusions[self._next : self._next + self.GROUP]
        weights = torch.cat([fusion[0].weight[:, :width] for fusion in fusions])
        self._ahead = list(torch.split(_convolve(self._groups, weights), self._channels, dim=1))


def _convolve(parts: Sequence[Tensor], weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return the 1×1 convolution of ``parts`` as if they were concatenated."""
    weights = torch.split(weight, [part.shape[1] for part in parts], dim=1)
    total = F.conv2d(parts[0], weights[0], bias)
    for part, columns in zip(parts[1:], weights[1:], strict=True):
        total += F.conv2d(part, columns)
    return total

"""DRSformer's blocks with depthwise convolutions alone, and fewer 1×1 convolutions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorekit.archs.blocks.expert_mixture import ExpertStep
from restorekit.archs.drsformer import MixedScaleFeedForward

from .forms import FastForm, register_fast_form


@register_fast_form(MixedScaleFeedForward)
class FastMixedScaleFeedForward(FastForm, MixedScaleFeedForward):
    """Depthwise convolutions alone.

    A filter of the second layers reads two neighbouring channels: the sum of two depthwise
    convolutions, one of even and one of odd channels, which are several times as fast on a CPU.
    The layers before it are divided in the same way, so that nothing is rearranged.
    """

    @classmethod
    def helps(cls, module: nn.Module) -> bool:
        """Return whether there are even and odd channels."""
        return cast(MixedScaleFeedForward, module).out.in_channels > 2

    def skipped_modules(self) -> Iterable[nn.Module]:
        """Return all convolutions, whose filters are divided."""
        return (self.expand, *self.first, *self.second, self.out)

    def compute(self, x: Tensor) -> Tensor:
        """Return features; see :class:`~restorekit.archs.drsformer.MixedScaleFeedForward`."""
        width = self.out.in_channels // 2
        first = [torch.split(cast(nn.Conv2d, conv).weight, width) for conv in self.first]
        halves = zip(
            torch.split(self.expand.weight, width),
            zip(*first, strict=True),
            self.second,
            torch.split(self.out.weight, width, dim=1),
            strict=True,
        )
        total: Tensor | None = None
        for widen, kernels, second, out in halves:
            mixed = [F.conv2d(x, widen[parity::2]) for parity in (0, 1)]
            scales = [
                [F.relu_(_depthwise(part, kernel[parity::2])) for parity, part in enumerate(mixed)]
                for kernel in kernels
            ]
            # Of the concatenated scales, channels of the second begin at the index `width`.
            even, odd = (
                torch.cat([scales[0][parity], scales[1][(parity + width) % 2]], dim=1)
                for parity in (0, 1)
            )
            kernel = cast(nn.Conv2d, second).weight
            crossed = _depthwise(even, kernel[:, :1]).add_(_depthwise(odd, kernel[:, 1:]))
            part = F.conv2d(F.relu_(crossed), out)
            total = part if total is None else total.add_(part)
        return cast(Tensor, total)


@register_fast_form(ExpertStep)
class FastExpertStep(FastForm, ExpertStep):
    """The merging convolution as a sum over operations.

    Each operation but the pooling ends with a 1×1 convolution. Its matrix, that of the merging
    convolution and the operation's weight become one.
    """

    def skipped_modules(self) -> Iterable[nn.Module]:
        """Return the operations' last convolutions and the one that merges."""
        operations = (one for one in self.operations if isinstance(one, nn.Sequential))
        return (*(one[-1] for one in operations), self.merge)

    def compute(self, x: Tensor, weights: Tensor) -> Tensor:
        """Return features; see :class:`~restorekit.archs.blocks.expert_mixture.ExpertStep`."""
        images = zip(torch.split(x, 1), weights, strict=True)
        return torch.cat([self._merge(image, one) for image, one in images])

    def _merge(self, x: Tensor, weights: Tensor) -> Tensor:
        matrices = self.merge.weight.squeeze().chunk(len(self.operations), dim=1)
        total: Tensor | None = None
        for operation, matrix, weight in zip(self.operations, matrices, weights, strict=True):
            y = x
            if isinstance(operation, nn.Sequential):
                *layers, last = operation
                for layer in layers:
                    y = F.relu_(y) if isinstance(layer, nn.ReLU) else layer(y)
                matrix = matrix @ cast(nn.Conv2d, last).weight[:, :, 0, 0]
            else:
                y = operation(x)
            part = F.conv2d(y, (weight * matrix)[..., None, None])
            total = part if total is None else total.add_(part)
        return F.relu_(cast(Tensor, total))


def _depthwise(x: Tensor, kernel: Tensor) -> Tensor:
    return F.conv2d(x, kernel, padding=kernel.shape[-1] // 2, groups=len(kernel))

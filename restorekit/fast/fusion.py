"""1×1 convolutions of concatenated features, without concatenating them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorekit.archs.blocks.layers import Fusion, resize_like

from .forms import FastForm, register_fast_form

#: Up to this many pixels in a batch, copying features costs less than one more convolution
#: (two cores of an AMD EPYC).
SMALL = 1024


@register_fast_form(Fusion)
class FastFusion(FastForm, Fusion):
    """The sum of 1×1 convolutions of the parts.

    A 1×1 convolution of a concatenation is the sum of 1×1 convolutions of its parts, and
    gives the same before and after pixels are repeated. So each part is convolved at its own
    size, and nothing is concatenated.
    """

    def skipped_modules(self) -> Iterable[nn.Module]:
        """Return the convolution, which is taken apart."""
        return (self[0],)

    def compute(self, parts: Sequence[Tensor]) -> Tensor:
        """Fuse; see :class:`~restorekit.archs.blocks.layers.Fusion`."""
        conv, *activations = cast(Any, self)
        if is_small(parts[0]):
            total = conv(torch.cat([resize_like(part, parts[0]) for part in parts], dim=1))
        else:
            weights = torch.split(conv.weight, [part.shape[1] for part in parts], dim=1)
            total = F.conv2d(parts[0], weights[0], conv.bias)
            for part, weight in zip(parts[1:], weights[1:], strict=True):
                total += resize_like(F.conv2d(part, weight), total)
        return activate(activations, total)


@register_fast_form(Fusion, training=True)
class TrainedFusion(FastFusion):
    """The same with gradients: nothing concatenated is kept for backward."""

    with_gradients = True


def activate(activations: Iterable[nn.Module], total: Tensor) -> Tensor:
    """Apply activations to a convolution's result, which they may overwrite."""
    for activation in activations:
        if type(activation) is nn.LeakyReLU:
            total = F.leaky_relu_(total, activation.negative_slope)
        else:
            total = activation(total)
    return total


def is_small(x: Tensor) -> bool:
    """Return whether ``x`` (N, C, H, W) has few pixels; see :data:`SMALL`."""
    return len(x) * x.shape[-2] * x.shape[-1] <= SMALL

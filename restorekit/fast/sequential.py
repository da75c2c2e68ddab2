"""Layers in a row: activations in place, batch normalisation folded into convolutions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorekit.archs.blocks.batch_norm import BatchNorm

from .forms import FastForm, gradients_wanted, register_fast_form


@register_fast_form(nn.Sequential)
class FastSequential(FastForm, nn.Sequential):
    """Layers of which some follow a convolution.

    * An activation overwrites the convolution's or normalisation's result, which no other
      layer reads.
    * In testing, a batch normalisation with running averages scales and shifts each channel.
      The convolution before it does so by its weights and bias.
    """

    @classmethod
    def helps(cls, module: nn.Module) -> bool:
        """Return whether an activation or a normalisation follows a convolution."""
        layers = list(cast(nn.Sequential, module))
        return any(
            isinstance(layer, nn.Conv2d) and isinstance(after, (nn.BatchNorm2d, *_ACTIVATIONS))
            for layer, after in pairwise(layers)
        )

    def skipped_modules(self) -> Iterable[nn.Module]:
        """Return all layers."""
        return self

    def compute(self, x: Tensor) -> Tensor:
        """Run the layers one after the other."""
        fold = not self.training and not gradients_wanted(self, x)
        previous: nn.Module | None = None
        layers = list(self)
        while layers:
            layer = layers.pop(0)
            after = layers[0] if layers else None
            if fold and _can_be_folded(layer, after):
                x = _convolve_and_normalise(
                    cast(nn.Conv2d, layer), cast(nn.BatchNorm2d, layers.pop(0)), x
                )
            elif isinstance(previous, (nn.Conv2d, nn.BatchNorm2d)) and type(layer) is nn.ReLU:
                x = F.relu_(x)
            elif isinstance(previous, (nn.Conv2d, nn.BatchNorm2d)) and type(layer) is nn.LeakyReLU:
                x = F.leaky_relu_(x, layer.negative_slope)
            else:
                x = layer(x)
            previous = layer
        return x


@register_fast_form(nn.Sequential, training=True)
class TrainedSequential(FastSequential):
    """The same with gradients: activations keep one tensor instead of two for backward."""

    with_gradients = True


_ACTIVATIONS = (nn.ReLU, nn.LeakyReLU)


def _can_be_folded(conv: nn.Module, norm: nn.Module | None) -> bool:
    # Exact classes, as subclasses may compute something else.
    return (
        type(conv) is nn.Conv2d
        and conv.padding_mode == "zeros"
        and isinstance(norm, nn.BatchNorm2d)
        and type(norm) in (nn.BatchNorm2d, BatchNorm)
        and norm.affine
        and norm.running_mean is not None
        and not norm.training
    )


def _convolve_and_normalise(conv: nn.Conv2d, norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
    mean, variance = cast(Tensor, norm.running_mean), cast(Tensor, norm.running_var)
    scale = norm.weight * torch.rsqrt(variance + norm.eps)
    shift = norm.bias - mean * scale
    if conv.bias is not None:
        shift = shift + conv.bias * scale
    weight = conv.weight * scale[:, None, None, None]
    return F.conv2d(x, weight, shift, conv.stride, conv.padding, conv.dilation, conv.groups)

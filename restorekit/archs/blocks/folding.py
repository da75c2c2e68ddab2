"""Convolutions that take in the batch normalisation after them."""

from __future__ import annotations

import torch
from torch import nn

from .untracked import is_tracked


def run_folded(layers: nn.Sequential, x: torch.Tensor) -> torch.Tensor:
    """Run layers one after the other, as ``layers(x)`` does.

    In testing a batch normalisation by running averages multiplies and shifts each channel,
    which the convolution before it does by its weights and bias: the same, with one pass over
    the features less. With gradients, and by other moments, nothing is folded.

    Args:
        layers: Any layers.
        x: Features (N, C, H, W).
    """
    if layers.training or is_tracked(x, layers):
        result: torch.Tensor = layers(x)
        return result
    waiting = list(layers)
    while waiting:
        layer = waiting.pop(0)
        after = waiting[0] if waiting else None
        if (
            isinstance(layer, nn.Conv2d)
            and isinstance(after, nn.BatchNorm2d)
            and after.affine
            and after.running_mean is not None
            and after.running_var is not None
        ):
            x = _convolve_and_normalise(layer, after, after.running_mean, after.running_var, x)
            del waiting[0]
        else:
            x = layer(x)
    return x


def _convolve_and_normalise(
    conv: nn.Conv2d,
    norm: nn.BatchNorm2d,
    mean: torch.Tensor,
    variance: torch.Tensor,
    x: torch.Tensor,
) -> torch.Tensor:
    scale = norm.weight * torch.rsqrt(variance + norm.eps)
    shift = norm.bias - mean * scale
    if conv.bias is not None:
        shift = shift + conv.bias * scale
    weight = conv.weight * scale[:, None, None, None]
    result: torch.Tensor = conv._conv_forward(x, weight, shift)
    return result

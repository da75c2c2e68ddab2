"""Operations that overwrite their first argument where no gradient is asked for.

What is computed is the same; there is one tensor less to allocate and to walk through. The
first argument must be a result that nobody else reads: never an input, a state or a parameter.
Only :func:`tanh` leaves it as it is.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


def is_tracked(x: torch.Tensor, module: nn.Module) -> bool:
    """Return whether what ``module`` makes of ``x`` is to be differentiated."""
    return torch.is_grad_enabled() and (
        x.requires_grad or any(parameter.requires_grad for parameter in module.parameters())
    )


def channels_last(x: torch.Tensor, module: nn.Module) -> torch.Tensor:
    """Return ``x`` in the layout in which convolutions on the CPU are fastest in inference.

    All that follows keeps it. With gradients, and on other devices, ``x`` stays as it is.
    """
    if x.device.type != "cpu" or is_tracked(x, module):
        return x
    return x.contiguous(memory_format=torch.channels_last)


def add(x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return the sum."""
    return x.add_(other) if _may_overwrite(x, other) else x + other


def mul(x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return the product."""
    return x.mul_(other) if _may_overwrite(x, other) else x * other


def relu(x: torch.Tensor) -> torch.Tensor:
    """Return max(x, 0)."""
    return torch.relu(x) if x.requires_grad else x.relu_()


def sigmoid(x: torch.Tensor) -> torch.Tensor:
    """Return 1 / (1 + exp(-x))."""
    return torch.sigmoid(x) if x.requires_grad else x.sigmoid_()


def tanh(x: torch.Tensor) -> torch.Tensor:
    """Return the hyperbolic tangent; ``x``, which may be a state, is left as it is."""
    if x.requires_grad or not x.is_cpu or x.dtype != torch.float32:
        return torch.tanh(x)
    # 2 sigmoid(2x) - 1 is the same, to 2e-7 (absolute), and takes PyTorch a fraction of the time.
    return (2 * x).sigmoid_().mul_(2).sub_(1)


def leaky_relu(x: torch.Tensor, slope: float) -> torch.Tensor:
    """Return x, times ``slope`` where it is negative."""
    return F.leaky_relu(x, slope, inplace=not x.requires_grad)


def _may_overwrite(x: torch.Tensor, other: torch.Tensor) -> bool:
    # With autocast their types can differ, and the result has the wider one.
    return not (x.requires_grad or other.requires_grad) and x.dtype == other.dtype

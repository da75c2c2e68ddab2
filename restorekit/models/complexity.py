"""How large and how expensive a network is."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from restorekit.archs.sizing import size_requirements_of
from restorekit.fast import accelerate, plain

#: Side in pixels of the image that operations are counted on, as in the field's tables.
COUNTED_SIDE = 256


def count_parameters(network: nn.Module) -> int:
    """Return the number of parameters; one that several layers share counts once."""
    return sum(parameter.numel() for parameter in network.parameters())


def count_macs(network: nn.Module, height: int, width: int) -> int:
    """Return the multiply-accumulate operations for one RGB image of this size.

    Convolutions and matrix products are counted, as PyTorch's ``FlopCounterMode`` counts
    them (two FLOPs make one MAC); element-wise operations, normalisation, pooling and
    resampling are not. What the field's tables call FLOPs is mostly this number.

    An accelerated network counts as the network that it replaces. The network is not changed:
    a copy without data computes shapes only, or, if an operation needs data, a copy with data
    computes everything.
    """
    return _count_copy(plain(network), height, width)


def count_accelerated_macs(network: nn.Module, height: int, width: int) -> int:
    """Return the operations that the accelerated network carries out, counted in the same way.

    They are fewer where a fast form computes the same with less arithmetic.
    """
    return _count_copy(accelerate(plain(network)), height, width)


def network_cost(network: nn.Module) -> dict[str, Any]:
    """Return ``parameters`` and ``macs_per_pixel`` as results files have them.

    The operations are those of an image of 256×256 pixels (or the next size that the
    network takes without padding) divided by its pixels. Other sizes give the same for a
    network of convolutions, except for operations done once per image, such as
    squeeze-and-excitation, but not for one where every pixel attends to all others.
    """
    height, width = size_requirements_of(network).fit(COUNTED_SIDE, COUNTED_SIDE)
    return {
        "parameters": count_parameters(network),
        "macs_per_pixel": count_macs(network, height, width) / (height * width),
    }


def _count_copy(network: nn.Module, height: int, width: int) -> int:
    network = copy.deepcopy(network).eval()
    try:
        return _count(copy.deepcopy(network).to("meta"), height, width, torch.device("meta"))
    except (RuntimeError, TypeError):
        device = next((p.device for p in network.parameters()), torch.device("cpu"))
        return _count(network, height, width, device)


def _count(network: nn.Module, height: int, width: int, device: torch.device) -> int:
    parameter = next(iter(network.parameters()), None)
    dtype = parameter.dtype if parameter is not None else torch.float32
    image = torch.zeros(1, 3, height, width, device=device, dtype=dtype)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        network(image)
    return counter.get_total_flops() // 2

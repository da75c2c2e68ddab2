"""Images smaller than a network takes, or no multiple of what it asks for."""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import nn

from restorekit.errors import ConfigError, DataError

#: What a network returns: the derained images, or a tuple of them with the final ones last.
NetworkOutput: TypeAlias = torch.Tensor | tuple[torch.Tensor, ...]


def pad_to_fit(
    x: torch.Tensor, min_size: int, multiple: int = 1
) -> tuple[torch.Tensor, tuple[int, int]]:
    """Pad the bottom and the right until both sides are large enough and divisible.

    The image is continued by reflection about its last row and column, which are not
    repeated themselves; one that is too small for a single reflection is reflected back
    and forth, and a side of one pixel is replicated.

    Args:
        x: Images (..., H, W) of any dtype.
        min_size: Smallest side of the result.
        multiple: Number that both sides of the result are divisible by.

    Returns:
        The images (the same tensor where nothing is missing), and their size before,
        (H, W), to crop the result to.

    Raises:
        DataError: If a side is 0.
    """
    height, width = x.shape[-2:]
    if height == 0 or width == 0:
        raise DataError(f"An image of {height}x{width} pixels is empty and cannot be restored.")
    for dim, side in ((-2, height), (-1, width)):
        target = -(-max(side, min_size) // multiple) * multiple
        if target > side:
            x = x.index_select(dim, _reflected_indices(side, target, x.device))
    return x, (height, width)


def forward_padded(network: nn.Module, lq: torch.Tensor) -> NetworkOutput:
    """Run ``network`` on images of any size: pad, call, and crop every output.

    Args:
        network: Any module that keeps the size of its input. Its ``min_size`` and
            ``size_multiple`` say what it takes; a module without them takes every size.
        lq: Rainy images, float RGB (N, 3, H, W) in [0, 1].

    Returns:
        What the network returns, each output (N, 3, H, W).

    Raises:
        DataError: If a side is 0.
        ConfigError: If the network does not keep the size of its input.
    """
    padded, (height, width) = pad_to_fit(
        lq, getattr(network, "min_size", 1), getattr(network, "size_multiple", 1)
    )
    output = network(padded)
    outputs = (output,) if isinstance(output, torch.Tensor) else tuple(output)
    for one in outputs:
        if one.shape[-2:] != padded.shape[-2:]:
            raise ConfigError(
                f"The network {type(network).__name__} turns images of "
                f"{_size(padded)} pixels into {_size(one)}; a restoration network keeps the size: "
                "build it without up-sampling (upscale=1), or give it a size_multiple if it "
                "rounds sides down."
            )
    cropped = tuple(one[..., :height, :width] for one in outputs)
    return cropped[0] if isinstance(output, torch.Tensor) else cropped


def _size(x: torch.Tensor) -> str:
    return f"{x.shape[-2]}x{x.shape[-1]}"


def _reflected_indices(side: int, target: int, device: torch.device) -> torch.Tensor:
    """Return the source index of each of ``target`` positions: 0 1 2 1 0 1 … for side 3."""
    period = max(2 * (side - 1), 1)
    position = torch.arange(target, device=device) % period
    return torch.minimum(position, period - position)

"""The few layers that DCSFN's blocks repeat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import nn

#: Slope of every LeakyReLU (the paper, section 4.2).
NEGATIVE_SLOPE = 0.2

#: Pixels in a batch of what is small: by the times of single operations on two cores; on a GPU
#: nothing has been measured.
_SMALL = 1024
_SMALL_ON_GPU = 1 << 17


def conv_lrelu(in_channels: int, out_channels: int, kernel_size: int) -> nn.Sequential:
    """Return a convolution that keeps the size, with a bias, and a LeakyReLU after it."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2),
        # In place is safe: a convolution does not need its output to be differentiated.
        nn.LeakyReLU(NEGATIVE_SLOPE, inplace=True),
    )


def resize_like(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Resize ``x`` to the height and width of ``like`` by nearest neighbour, up or down."""
    size = like.shape[-2:]
    if x.shape[-2:] == size:
        return x
    if torch.compiler.is_compiling() and torch.is_grad_enabled() and (times := _times(x, size)):
        # The gradient is a sum; the compiler's gradient of an interpolation scatters.
        pixels = x[:, :, :, None, :, None].expand(-1, -1, -1, times, -1, times)
        return pixels.reshape(*x.shape[:2], *size)
    return F.interpolate(x, size=size, mode="nearest")


def _times(x: torch.Tensor, size: torch.Size) -> int:
    """Return how often each pixel of ``x`` is repeated down and across to ``size``, or 0."""
    height, width = x.shape[-2:]
    times = size[0] // height
    return times if size == (times * height, times * width) else 0


def fuse(layer: nn.Module, parts: Sequence[torch.Tensor], like: torch.Tensor) -> torch.Tensor:
    """Apply a layer of :func:`conv_lrelu` to ``parts`` as if concatenated at one size.

    A 1×1 convolution of a concatenation is the sum of 1×1 convolutions of its parts, and it
    does not mind whether pixels are repeated (or left out) before or after it. So each part
    is convolved where it has the fewest pixels, and there is nothing to concatenate; but small
    tensors are concatenated, see :func:`is_small`.

    Args:
        layer: A 1×1 convolution and what follows it.
        parts: Tensors (N, C, H, W) whose channels together are those that ``layer`` reads;
            each is brought to full size by nearest neighbour, as by :func:`resize_like`.
        like: A tensor of full size.
    """
    if is_small(like):
        return cast(torch.Tensor, layer(torch.cat([resize_like(x, like) for x in parts], dim=1)))
    conv: Any
    conv, *activations = cast(nn.Sequential, layer)
    columns = torch.split(conv.weight, [part.shape[1] for part in parts], dim=1)
    total: torch.Tensor | None = None
    for part, weight in zip(parts, columns, strict=True):
        if part.shape[-2:].numel() > like.shape[-2:].numel():
            part = resize_like(part, like)
        bias = conv.bias if total is None else None
        convolved = F.conv2d(part, weight, bias)
        # In place is safe: nothing here needs its own result to be differentiated.
        total = resize_like(convolved, like) if total is None else _add_resized(total, convolved)
    for activation in activations:
        total = activation(total)
    return cast(torch.Tensor, total)


def _add_resized(total: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Add ``x``, brought to the size of ``total`` by nearest neighbour, to ``total`` in place.

    Where whole pixels of a channels-last tensor are repeated and nobody asks for a gradient,
    only each row is made anew; the rows are added several times.
    """
    batch, _, height, _ = x.shape
    times = _times(x, total.shape[-2:])
    layout = torch.channels_last
    if times < 2 or total.requires_grad or not total.is_contiguous(memory_format=layout):
        return total.add_(resize_like(x, total))
    pixels = x.permute(0, 2, 3, 1).unsqueeze(3)
    rows = pixels.expand(-1, -1, -1, times, -1).reshape(batch, height, 1, -1)
    total.permute(0, 2, 3, 1).view(batch, height, times, -1).add_(rows)
    return total


def is_small(x: torch.Tensor) -> bool:
    """Whether to start one convolution more costs more than to copy ``x`` (N, C, H, W).

    So it is where operations are recorded too: a compiler sees the rest by itself.
    """
    if torch.compiler.is_compiling():
        return True
    return len(x) * x.shape[-2:].numel() <= (_SMALL if x.is_cpu else _SMALL_ON_GPU)


def max_pyramid(x: torch.Tensor, num_levels: int) -> list[torch.Tensor]:
    """Return ``x`` at the scales 1, 1/2, 1/4, …, each the maximum over its pixels.

    Halving the previous level gives the same numbers as pooling ``x`` itself by 2, 4, 8,
    odd sizes included, and reads far fewer of them.
    """
    levels = [x]
    for _ in range(num_levels - 1):
        levels.append(F.max_pool2d(levels[-1], 2))
    return levels

"""The image sizes that a network takes, and padding to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import torch
from torch import nn

from restorekit.errors import ConfigError, DataError

#: What a network returns: the restored images, or a tuple of stages whose last is final.
NetworkOutput: TypeAlias = torch.Tensor | tuple[torch.Tensor, ...]


@dataclass(frozen=True)
class SizeRequirements:
    """The image sizes that a network or block takes.

    Attributes:
        minimum: Smallest height and width in pixels.
        multiple: Number that height and width must be divisible by.
        square: Whether height and width must be equal.
        maximum: Largest height and width in pixels; None if there is none. Larger images are
            restored in tiles.

    Example:
        >>> SizeRequirements(minimum=16, multiple=8).fit(10, 45)
        (16, 48)
    """

    minimum: int = 1
    multiple: int = 1
    square: bool = False
    maximum: int | None = None

    def fit(self, height: int, width: int) -> tuple[int, int]:
        """Return the smallest height and width allowed that an image of this size fits in."""
        fitting = [
            -(-max(side, self.minimum) // self.multiple) * self.multiple for side in (height, width)
        ]
        return (max(fitting), max(fitting)) if self.square else (fitting[0], fitting[1])


def size_requirements_of(module: nn.Module) -> SizeRequirements:
    """Return a module's ``size_requirements``; a module without them takes every size.

    A network without them may state the two attributes of earlier versions instead:
    ``min_size`` and ``size_multiple``.

    Example:
        >>> size_requirements_of(nn.Conv2d(3, 3, 3, padding=1))
        SizeRequirements(minimum=1, multiple=1, square=False, maximum=None)
    """
    found = getattr(module, "size_requirements", None)
    if isinstance(found, SizeRequirements):
        return found
    return SizeRequirements(getattr(module, "min_size", 1), getattr(module, "size_multiple", 1))


def pad_to_fit(x: torch.Tensor, requirements: SizeRequirements) -> torch.Tensor:
    """Pad images at the bottom and the right to a size that fits.

    Images are reflected about their last row and column, which are not repeated. An image
    too small for one reflection is reflected back and forth; a side of one pixel is
    replicated.

    Args:
        x: Images (..., H, W) of any dtype; returned as they are if they fit.
        requirements: The sizes that fit.

    Raises:
        DataError: If a side is 0.

    Example:
        >>> row = torch.tensor([[[[0.0, 1.0, 2.0]]]])
        >>> pad_to_fit(row, SizeRequirements(multiple=4))[0, 0, 0]
        tensor([0., 1., 2., 1.])
    """
    height, width = x.shape[-2:]
    if height == 0 or width == 0:
        raise DataError(f"An image of {height}x{width} pixels is empty and cannot be restored.")
    for dim, target in zip((-2, -1), requirements.fit(height, width), strict=True):
        if target > x.shape[dim]:
            x = x.index_select(dim, _reflected_indices(x.shape[dim], target, x.device))
    return x


def forward_padded(network: nn.Module, lq: torch.Tensor) -> NetworkOutput:
    """Run ``network`` on images of any size: pad, call, and crop every output.

    Args:
        network: Any module that keeps the size of its input; see
            :func:`size_requirements_of`.
        lq: Images to restore, float RGB (N, 3, H, W) in [0, 1].

    Returns:
        What the network returns, each output (N, 3, H, W).

    Raises:
        DataError: If a side is 0.
        ConfigError: If the network does not keep the size of its input.

    Example:
        >>> halve, double = nn.Conv2d(3, 8, 2, stride=2), nn.ConvTranspose2d(8, 3, 2, stride=2)
        >>> network = nn.Sequential(halve, double)
        >>> network.size_requirements = SizeRequirements(multiple=2)
        >>> forward_padded(network, torch.rand(1, 3, 33, 50)).shape
        torch.Size([1, 3, 33, 50])
    """
    return _call_padded(network, network, lq)


def with_padding(network: nn.Module) -> nn.Module:
    """Return a network that pads and crops by itself, so that it takes images of any size.

    Calling it is calling :func:`forward_padded` with ``network``. It shares everything else
    with ``network``: parameters, submodules and the keys of the state dict.

    Example:
        >>> network = nn.Sequential(nn.PixelUnshuffle(2), nn.PixelShuffle(2))
        >>> network.size_requirements = SizeRequirements(multiple=2)
        >>> with_padding(network)(torch.rand(1, 3, 33, 50)).shape
        torch.Size([1, 3, 33, 50])
    """
    padded = _new_padded(type(network))
    padded.__dict__.update(network.__dict__)
    return padded


class _PaddedCall(nn.Module):
    """Overrides ``forward`` in the classes that :func:`with_padding` makes."""

    _network_class: type[nn.Module]

    def forward(self, lq: torch.Tensor) -> NetworkOutput:
        return _call_padded(self, super().forward, lq)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the network's class, since this object's own cannot be imported."""
        return _new_padded, (self._network_class,), self.__dict__


def _new_padded(network_class: type[nn.Module]) -> nn.Module:
    """Return an empty instance of a subclass of ``network_class`` that pads."""
    bases = (_PaddedCall, network_class)
    padded_class = type(network_class.__name__, bases, {"_network_class": network_class})
    return cast(nn.Module, object.__new__(padded_class))


def _call_padded(
    network: nn.Module, forward: Callable[[torch.Tensor], Any], lq: torch.Tensor
) -> NetworkOutput:
    height, width = lq.shape[-2:]
    padded = pad_to_fit(lq, size_requirements_of(network))
    output = forward(padded)
    outputs = (output,) if isinstance(output, torch.Tensor) else tuple(output)
    for one in outputs:
        if one.shape[-2:] != padded.shape[-2:]:
            raise ConfigError(
                f"The network {type(network).__name__} turns images of "
                f"{_size(padded)} pixels into {_size(one)}; a restoration network keeps the size: "
                "build it without up-sampling (upscale=1), or give its size_requirements a "
                "multiple if it rounds sides down."
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

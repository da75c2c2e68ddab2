"""Write operations that the ONNX exporter lacks by means of others.

Networks in :mod:`restorekit.archs` are written for readers, not for an exporter. While one is
traced, this mode takes over the functions of PyTorch that the exporter cannot translate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from restorekit.errors import RestoreKitError


class ExportableOperations(TorchFunctionMode):
    """Inside the block, functions without a translation to ONNX are computed by others.

    Fourier transforms become products with matrices of cosines and sines. ONNX has an operation
    ``DFT``, but ONNX Runtime took longer for it at sides of 250, 256 and 333, about as long at
    512, and its result at 333 differed from PyTorch's by 1e-3.

    The sizes of a tensor are traced once, whenever they are asked for: DCSFN compares the sizes of
    the same features thousands of times.

    Args:
        fixed: Whether sizes are plain numbers, which become part of the graph, instead of results
            that the graph computes.
    """

    def __init__(self, fixed: bool = False) -> None:
        super().__init__()
        sizes: Callable[..., Any] = _sizes if fixed else _SizesOnce()
        self._replacements = {
            **_REPLACEMENTS,
            torch.Tensor.shape.__get__: lambda x, *_: sizes(x),  # type: ignore[attr-defined]
            torch.Tensor.size: sizes,
        }

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Compute ``func``, or what replaces it."""
        replacement = self._replacements.get(func, func)
        return replacement(*args, **(kwargs or {}))


class Spectrum:
    """A complex tensor as two real ones, for an exporter that knows no complex numbers.

    Args:
        real: The real part.
        imag: The imaginary part, of the same shape.
    """

    def __init__(self, real: Tensor, imag: Tensor) -> None:
        self.real = real
        self.imag = imag

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Refuse functions that no replacement takes over."""
        raise RestoreKitError(
            f"{getattr(func, '__name__', func)} of complex numbers is not translated to ONNX."
        )

    def __mul__(self, other: Spectrum | Tensor) -> Spectrum:
        """Return the product with a complex or a real tensor."""
        if not isinstance(other, Spectrum):
            return Spectrum(self.real * other, self.imag * other)
        return Spectrum(
            self.real * other.real - self.imag * other.imag,
            self.real * other.imag + self.imag * other.real,
        )

    __rmul__ = __mul__

    def __add__(self, other: Spectrum) -> Spectrum:
        """Return the sum with another complex tensor."""
        return Spectrum(self.real + other.real, self.imag + other.imag)


def rfft2(x: Tensor, s: Any = None, dim: Sequence[int] = (-2, -1), norm: Any = None) -> Spectrum:
    """Return the two-dimensional Fourier transform of real numbers; see ``torch.fft.rfft2``."""
    _require(s is None and tuple(dim) == (-2, -1), "rfft2 with other sizes or dimensions")
    height, width = x.shape[-2:]
    cos, sin = _waves(width, x)
    half = width // 2 + 1
    real, imag = x @ cos[:, :half], -(x @ sin[:, :half])
    cos, sin = _waves(height, x)
    scale = _scale(norm, height, width, forward=True)
    return Spectrum((cos @ real + sin @ imag) * scale, (cos @ imag - sin @ real) * scale)


def irfft2(
    y: Spectrum, s: Sequence[int] | None = None, dim: Sequence[int] = (-2, -1), norm: Any = None
) -> Tensor:
    """Invert :func:`rfft2`; see ``torch.fft.irfft2``."""
    _require(tuple(dim) == (-2, -1), "irfft2 with other dimensions")
    height, half = y.real.shape[-2:]
    width = s[-1] if s is not None else 2 * (half - 1)
    cos, sin = _waves(height, y.real)
    real, imag = cos @ y.real - sin @ y.imag, cos @ y.imag + sin @ y.real
    # Each frequency but the first and the middle one stands for its negative, too.
    frequency = torch.arange(half, device=real.device)
    twice = 2 - (frequency == 0).to(real.dtype) - (2 * frequency == width).to(real.dtype)
    cos, sin = _waves(width, real)
    result = (real * twice) @ cos[:half] - (imag * twice) @ sin[:half]
    scaled: Tensor = result * _scale(norm, height, width, forward=False)
    return scaled


def _waves(side: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return cos and sin of 2π·j·k / side, (side, side)."""
    position = torch.arange(side, device=like.device)
    # The remainder keeps the angles small, where they are exact.
    turns = (position[:, None] * position[None, :]) % side
    angles = turns.to(like.dtype) * (2 * math.pi / torch.as_tensor(side, dtype=like.dtype))
    return torch.cos(angles), torch.sin(angles)


def _scale(norm: str | None, height: int, width: int, forward: bool) -> Any:
    pixels = torch.as_tensor(height * width, dtype=torch.float32)
    if norm == "ortho":
        return pixels.rsqrt()
    return 1.0 if (norm == "forward") != forward else 1.0 / pixels


def _movedim(x: Tensor, source: Any, destination: Any) -> Tensor:
    """Move dimensions by ``permute``; the exporter mistakes negative ones."""
    sources, destinations = (
        [index % x.dim() for index in (each if isinstance(each, Sequence) else [each])]
        for each in (source, destination)
    )
    order = [index for index in range(x.dim()) if index not in sources]
    for place, moved in sorted(zip(destinations, sources, strict=True)):
        order.insert(place, moved)
    return x.permute(order)


def _conv2d(x: Tensor, weight: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Convolve; the exporter needs the shapes of kernels as numbers, also where they are computed.

    Kernels that are computed for each image make the number of images part of the graph.
    """
    if not isinstance(weight, torch.nn.Parameter):
        weight = weight.reshape([int(side) for side in weight.shape])
    return torch.conv2d(x, weight, *args, **kwargs)


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise RestoreKitError(f"{what} is not translated to ONNX.")


class _SizesOnce:
    """Returns the sizes of a tensor as the trace has them, the same ones each time."""

    def __init__(self) -> None:
        # The tensors are kept, so that no other takes the identity of one.
        self._known: dict[int, tuple[Tensor, torch.Size]] = {}

    def __call__(self, x: Tensor, dim: int | None = None) -> Any:
        if id(x) not in self._known:
            self._known[id(x)] = x, x.shape
        sizes = self._known[id(x)][1]
        return sizes if dim is None else sizes[dim]


def _sizes(x: Tensor, dim: int | None = None) -> Any:
    sizes = torch.Size(int(side) for side in x.shape)
    return sizes if dim is None else sizes[dim]


_REPLACEMENTS: dict[Any, Callable[..., Any]] = {
    torch.conv2d: _conv2d,
    torch.fft.rfft2: rfft2,
    torch.fft.irfft2: irfft2,
    torch.complex: Spectrum,
    torch.movedim: _movedim,
    torch.Tensor.movedim: _movedim,
    torch.Tensor.mT.__get__: lambda x, *_: x.transpose(-2, -1),  # type: ignore[attr-defined]
}

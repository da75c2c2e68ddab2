"""Features as maps of their frequencies and back, for convolutions over frequencies."""

from __future__ import annotations

import torch


def to_frequencies(x: torch.Tensor) -> torch.Tensor:
    """Return the Fourier transform of each channel as two channels.

    The transform is orthonormal and in float32 where ``x`` is half; PyTorch has none in
    bfloat16.

    Args:
        x: Features (N, C, H, W).

    Returns:
        Real and imaginary part of each channel in turn, (N, 2·C, H, W // 2 + 1).
    """
    full = x.to(torch.promote_types(x.dtype, torch.float32))
    spectrum = torch.fft.rfft2(full, norm="ortho")
    return torch.stack([spectrum.real, spectrum.imag], dim=2).flatten(1, 2)


def from_frequencies(y: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Invert :func:`to_frequencies`.

    Args:
        y: Real and imaginary part of each channel in turn, (N, 2·C, H, W // 2 + 1).
        size: Height and width of the features.
    """
    full = y.to(torch.promote_types(y.dtype, torch.float32))
    spectrum = torch.complex(full[:, 0::2].contiguous(), full[:, 1::2].contiguous())
    features: torch.Tensor = torch.fft.irfft2(spectrum, s=size, norm="ortho")
    return features

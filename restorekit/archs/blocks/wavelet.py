"""The Haar wavelet transform and its inverse."""

from __future__ import annotations

import torch
import torch.nn.functional as F


def haar(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the sums and differences of each 2×2 pixels, halved: four maps of half the size.

    The transform is orthonormal. A last row or column without a partner is paired with zeros.

    Args:
        x: Maps (N, C, H, W).

    Returns:
        The low band, and the bands of changes from top to bottom, from left to right, and along
        both.
    """
    height, width = x.shape[-2:]
    x = F.pad(x, (0, width % 2, 0, height % 2))
    top, bottom = x[..., ::2, :], x[..., 1::2, :]
    sums, differences = top + bottom, top - bottom
    (a, b), (c, d) = ((y[..., ::2], y[..., 1::2]) for y in (sums, differences))
    return (a + b) / 2, (c + d) / 2, (a - b) / 2, (c - d) / 2


def inverse_haar(
    low: torch.Tensor, down: torch.Tensor, across: torch.Tensor, both: torch.Tensor
) -> torch.Tensor:
    """Return the maps (N, C, 2H, 2W) whose transform these four are; see :func:`haar`."""
    sums = torch.stack([low + across, low - across], dim=-1).flatten(-2)
    differences = torch.stack([down + both, down - both], dim=-1).flatten(-2)
    rows = torch.stack([sums + differences, sums - differences], dim=-2)
    return rows.flatten(-3, -2) / 2

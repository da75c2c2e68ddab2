"""Non-local attention: all cells of a grid at once, with memory that grows with the pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from restorekit.archs.blocks.non_local import NonLocalAttention
from restorekit.errors import RestoreKitError

from .forms import FastForm, gradients_wanted, register_fast_form

#: Scores that are held at a time in inference: 64 MB in float32.
MAX_SCORES = 2**24


@register_fast_form(NonLocalAttention)
class FastNonLocalAttention(FastForm, NonLocalAttention):
    """Attention without the whole table of scores.

    θ, φ and g are convolved once for the whole map instead of in each cell. In inference the
    table is made a part at a time, by the operations of the plain form for the sake of the
    same rounding: NLEDN's pooling indices make it discontinuous, and maxima that move to a
    neighbouring pixel show as up to 1e-3 in single pixels of the image.
    """

    def compute(self, x: Tensor) -> Tensor:
        """Attend; see :class:`~restorekit.archs.blocks.non_local.NonLocalAttention`."""
        maps = self.theta(x), self.phi(x), self.g(x)
        cell_height, cell_width = (-(-side // self.grid) for side in x.shape[-2:])
        rows = []
        for top, bottom, height in _stretches(x.shape[-2], cell_height):
            row = []
            for left, right, width in _stretches(x.shape[-1], cell_width):
                area = [each[..., top:bottom, left:right] for each in maps]
                row.append(self._attend_in_cells(area, height, width))
            rows.append(torch.cat(row, dim=-1))
        residual: Tensor = self.out(torch.cat(rows, dim=-2))
        return x + residual

    def _attend_in_cells(self, area: Iterable[Tensor], height: int, width: int) -> Tensor:
        """Attend within cells of one size, which tile an area of the maps (N, C, H, W)."""
        theta, phi, g = area
        batch, channels = theta.shape[:2]
        rows, columns = theta.shape[-2] // height, theta.shape[-1] // width

        def to_cells(x: Tensor) -> Tensor:
            cells = x.reshape(batch, channels, rows, height, columns, width)
            return cells.permute(2, 4, 0, 1, 3, 5).flatten(0, 2)

        window = [min(height, 2), min(width, 2)]
        query, key, value = (
            cells.flatten(2).mT
            for cells in (
                to_cells(theta),
                F.max_pool2d(to_cells(phi), window),
                F.max_pool2d(to_cells(g), window),
            )
        )
        gathered = self.gather(query, key, value, batch)
        cells = gathered.reshape(rows, columns, batch, height, width, channels)
        return cells.permute(2, 5, 0, 3, 1, 4).reshape(theta.shape)

    def gather(self, query: Tensor, key: Tensor, value: Tensor, batch: int) -> Tensor:
        """Return the weighted means of ``value``.

        Args:
            query: Tokens of all cells, (cells · batch, tokens, channels).
            key: The same, with fewer tokens.
            value: As ``key``.
            batch: Number of images; one cell of all of them is computed at a time.
        """
        return torch.cat(list(_gather_in_parts(query, key, value, batch)))


@register_fast_form(NonLocalAttention, training=True)
class TrainedNonLocalAttention(FastNonLocalAttention):
    """With gradients, by PyTorch's fused kernels, which never store the table of scores.

    They have no second derivative.
    """

    with_gradients = True

    def gather(self, query: Tensor, key: Tensor, value: Tensor, batch: int) -> Tensor:
        """Return the weighted means of ``value``; see :class:`FastNonLocalAttention`."""
        if not gradients_wanted(self, (query, key, value)):
            return super().gather(query, key, value, batch)
        # Contiguous, as the fused kernels need.
        q, k, v = (tokens.unsqueeze(1).contiguous() for tokens in (query, key, value))
        gathered = F.scaled_dot_product_attention(q, k, v, scale=1.0)
        if gathered.requires_grad:
            gathered.register_hook(_refuse_second_derivative)  # type: ignore[no-untyped-call]
        return gathered


def _stretches(side: int, cell: int) -> list[tuple[int, int, int]]:
    """Split a side into whole cells and the rest: start, end and size of the cells of each."""
    whole = side // cell * cell
    stretches = [(0, whole, cell), (whole, side, side - whole)]
    return [stretch for stretch in stretches if stretch[0] < stretch[1]]


def _gather_in_parts(query: Tensor, key: Tensor, value: Tensor, batch: int) -> Iterator[Tensor]:
    """Gather cell by cell, at most ``MAX_SCORES`` scores at a time."""
    tokens = max(MAX_SCORES // (batch * key.shape[1]), 1)
    cells = (torch.split(each, batch) for each in (query, key, value))
    for q, k, v in zip(*cells, strict=True):
        parts = [torch.softmax(part @ k.mT, dim=-1) @ v for part in torch.split(q, tokens, dim=1)]
        yield torch.cat(parts, dim=1)


def _refuse_second_derivative(gradient: Tensor) -> None:
    if torch.is_grad_enabled():
        raise RestoreKitError(
            "The accelerated non-local attention has no second derivative (create_graph=True): "
            "use the plain network, load_network(path, accelerate=False) or "
            "model.accelerate=False in a config."
        )

"""Non-local attention, over a whole feature map or within the cells of a grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.registry import MODELS

from .untracked import add, is_tracked

#: Scores that are held at a time where no gradient is asked for: 64 MB in float32.
MAX_SCORES = 2**24


@MODELS.register_module()
class NonLocalAttention(nn.Module):
    """Every pixel gathers from all others what they have to say, weighed by likeness.

    Wang et al., "Non-local Neural Networks", CVPR 2018, in the embedded Gaussian form: the
    softmax over θ(x)ᵀφ(x) weighs g(x), and a convolution W of the result is added to x. All
    are 1×1; φ and g are max-pooled by 2. As in the released code of NLEDN the scores are not
    divided by √channels, and W starts at zero: the block is the identity at first, and θ, φ
    and g have gradients of zero in the first step.

    With a ``grid`` of n a side is cut into n cells of ⌈side / n⌉ pixels, the last smaller
    (and some left out where the side is short), and each cell looks only at itself: NLEDN
    (ACM MM 2018). The cells share the weights. A cell of one pixel across, where the
    released code fails, is not pooled in that direction.

    Memory grows with the number of pixels, not with its square (time does). With gradients,
    PyTorch's ``scaled_dot_product_attention`` is called, whose fused kernels never store
    the table of scores. Without, the table is made a part at a time by the operations of
    the released code, for the sake of the same rounding: NLEDN's pooling indices make it
    discontinuous, and maxima that move to a neighbouring pixel show as up to 1e-3 in single
    pixels of the image (the released code differs as much from itself on two threads).

    Args:
        channels: Channels of input and output.
        inner_channels: Channels of θ, φ and g; half of ``channels`` if missing.
        grid: Number of cells along each side; 1 looks at the whole map.

    Raises:
        ConfigError: If a value is out of its range.
    """

    def __init__(self, channels: int, inner_channels: int | None = None, grid: int = 1) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        inner = max(channels // 2, 1) if inner_channels is None else inner_channels
        require_int(self, "inner_channels", inner, 1)
        require_int(self, "grid", grid, 1)
        self.grid = grid
        self.theta = nn.Conv2d(channels, inner, 1)
        self.phi = nn.Conv2d(channels, inner, 1)
        self.g = nn.Conv2d(channels, inner, 1)
        self.out = nn.Conv2d(inner, channels, 1)
        nn.init.zeros_(self.out.weight)
        if self.out.bias is not None:
            nn.init.zeros_(self.out.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        query, key, value = self._projections(x)
        cell = [-(-side // self.grid) for side in x.shape[-2:]]
        rows = []
        for top, height, tall in _spans(x.shape[-2], cell[0]):
            row = []
            for left, width, wide in _spans(x.shape[-1], cell[1]):
                area = (..., slice(top, top + height), slice(left, left + width))
                row.append(_attend(query[area], key[area], value[area], tall, wide))
            rows.append(_join(row, dim=-1))
        gathered: torch.Tensor = self.out(_join(rows, dim=-2))
        return add(gathered, x)

    def _projections(self, x: torch.Tensor) -> Sequence[torch.Tensor]:
        """Return θ, φ and g of ``x``; in inference by one convolution, to the same bits."""
        convs = (self.theta, self.phi, self.g)
        if is_tracked(x, self):
            return [conv(x) for conv in convs]
        weights = torch.cat([conv.weight for conv in convs])
        biases = torch.cat([conv.bias for conv in convs if conv.bias is not None])
        return torch.split(F.conv2d(x, weights, biases), self.theta.out_channels, dim=1)


def _spans(side: int, cell: int) -> list[tuple[int, int, int]]:
    """Part a side into the stretch of whole cells and the rest: (start, length, cell) each."""
    whole = side // cell * cell
    return [span for span in ((0, whole, cell), (whole, side - whole, side - whole)) if span[1]]


def _attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, height: int, width: int
) -> torch.Tensor:
    """Attend within cells of one size, which fill the maps (N, C, H, W)."""
    batch, channels = query.shape[:2]
    rows, columns = query.shape[-2] // height, query.shape[-1] // width

    def to_cells(x: torch.Tensor) -> torch.Tensor:
        cells = x.reshape(batch, channels, rows, height, columns, width)
        return cells.permute(2, 4, 0, 1, 3, 5).flatten(0, 2)

    pooling = (min(height, 2), min(width, 2))
    q, k, v = (
        cells.flatten(2).transpose(1, 2)
        for cells in (
            to_cells(query),
            _max_pool(to_cells(key), pooling),
            _max_pool(to_cells(value), pooling),
        )
    )
    if query.requires_grad:
        # Contiguous, or PyTorch does without its fused kernels.
        q, k, v = (token.unsqueeze(1).contiguous() for token in (q, k, v))
        gathered = F.scaled_dot_product_attention(q, k, v, scale=1.0)
    else:
        gathered = torch.cat(list(_attend_in_parts(q, k, v, batch)))
    cells = gathered.reshape(rows, columns, batch, height, width, channels)
    return cells.permute(2, 5, 0, 3, 1, 4).reshape(query.shape)


def _join(parts: Sequence[torch.Tensor], dim: int) -> torch.Tensor:
    """Concatenate, which would copy a single part too."""
    return parts[0] if len(parts) == 1 else torch.cat(list(parts), dim=dim)


def _max_pool(x: torch.Tensor, sides: tuple[int, int]) -> torch.Tensor:
    """Pool by windows of 1 or 2 pixels a side."""
    if x.requires_grad:
        return F.max_pool2d(x, sides)
    # Without the places of the maxima, which PyTorch's pooling always looks for on the CPU.
    if sides[0] == 2:
        x = torch.maximum(x[..., :-1:2, :], x[..., 1::2, :])
    if sides[1] == 2:
        x = torch.maximum(x[..., :-1:2], x[..., 1::2])
    return x


def _attend_in_parts(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, batch: int
) -> Iterator[torch.Tensor]:
    """Attend cell by cell, at most ``MAX_SCORES`` scores at a time.

    Args:
        query: Tokens of all cells, (cells * batch, tokens, channels).
        key: The same, of fewer tokens.
        value: The same as ``key``.
        batch: Images; the same cell of all of them is done together.
    """
    queries = max(MAX_SCORES // (batch * key.shape[1]), 1)
    split = torch.split
    for q, k, v in zip(split(query, batch), split(key, batch), split(value, batch), strict=True):
        parts = [torch.softmax(part @ k.mT, dim=-1) @ v for part in split(q, queries, dim=1)]
        yield _join(parts, dim=1)

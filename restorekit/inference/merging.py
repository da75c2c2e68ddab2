"""Put restored parts together in an image, overlapping ones averaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch

from .canvas import Canvas
from .parts import Box, Part

Merge: TypeAlias = Callable[[Part | None, torch.Tensor | None], None]


def merger(parts: Sequence[Part], canvas: Canvas) -> Merge:
    """Return a function that takes each restored part, in order, and None after the last."""
    if all(part.weight is None for part in parts):

        def write(part: Part | None, restored: torch.Tensor | None) -> None:
            if part is not None and restored is not None:
                canvas.write(part.region, restored)

        return write
    return _Band(parts, canvas).add


class _Band:
    """Averages overlapping parts; holds only the rows that later parts can still change."""

    def __init__(self, parts: Sequence[Part], canvas: Canvas) -> None:
        self._canvas = canvas
        self._tops = [part.region.top for part in parts]
        self._top = 0
        self._sum = torch.zeros(4, 0, canvas.width)
        self._count = 0

    def add(self, part: Part | None, restored: torch.Tensor | None) -> None:
        """Add a part, and write the rows above the next one."""
        if part is None or restored is None:
            self._flush(self._canvas.height)
            return
        self._flush(min(self._tops[self._count :]))
        self._count += 1
        region = part.region
        missing = region.bottom - self._top - self._sum.shape[1]
        if missing > 0:
            new = torch.zeros(4, missing, self._canvas.width)
            self._sum = torch.cat([self._sum, new], dim=1)
        weight = torch.ones(()) if part.weight is None else part.weight()
        rows = slice(region.top - self._top, region.bottom - self._top)
        target = self._sum[:, rows, region.left : region.right]
        target[:3].addcmul_(restored.cpu(), weight)
        target[3] += weight

    def _flush(self, row: int) -> None:
        """Write the rows above ``row``."""
        rows = row - self._top
        if rows <= 0:
            return
        done, self._sum = self._sum[:, :rows], self._sum[:, rows:].clone()
        box = Box(self._top, row, 0, self._canvas.width)
        self._canvas.write(box, done[:3] / done[3])
        self._top = row

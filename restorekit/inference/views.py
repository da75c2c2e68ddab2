"""The eight flips and rotations of an image, for self-ensemble."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .parts import Box


@dataclass(frozen=True)
class View:
    """An image flipped and transposed: first mirrored along the axes, then transposed.

    Attributes:
        flip_rows: Whether the order of its rows is reversed.
        flip_columns: Whether the order of its columns is reversed.
        transpose: Whether rows and columns change places afterwards.
    """

    flip_rows: bool = False
    flip_columns: bool = False
    transpose: bool = False

    def apply(self, image: torch.Tensor) -> torch.Tensor:
        """Return the view of images (…, H, W)."""
        flipped = image.flip(self._dims()) if self._dims() else image
        return flipped.mT if self.transpose else flipped

    def undo(self, image: torch.Tensor) -> torch.Tensor:
        """Return the images (…, H, W) whose view this is."""
        image = image.mT if self.transpose else image
        return image.flip(self._dims()) if self._dims() else image

    def aligned(self, window: Box, height: int, width: int, period: int) -> Box:
        """Return the smallest window of the image whose view is aligned and holds ``window``.

        Args:
            window: In the image.
            height: Of the image.
            width: Of the image.
            period: The view of the result begins at multiples of it.
        """
        rows = _align(window.top, window.bottom, height, period, self.flip_rows)
        columns = _align(window.left, window.right, width, period, self.flip_columns)
        return Box(*rows, *columns)

    def _dims(self) -> list[int]:
        return [dim for dim, on in ((-2, self.flip_rows), (-1, self.flip_columns)) if on]


def _align(start: int, stop: int, length: int, period: int, flipped: bool) -> tuple[int, int]:
    if flipped:
        start, stop = length - stop, length - start
    start = start // period * period
    stop = min(-(-stop // period) * period, length)
    return (length - stop, length - start) if flipped else (start, stop)


IDENTITY = (View(),)
#: All flips and rotations.
EIGHT = tuple(
    View(rows, columns, transpose)
    for transpose in (False, True)
    for rows in (False, True)
    for columns in (False, True)
)

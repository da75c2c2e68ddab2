"""Drawing many streaks at once: anti-aliased, at sub-pixel positions, widths and lengths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float32]

#: Rows of streaks drawn in one go: their arrays stay in the processor's cache.
_ROWS_AT_ONCE = 1 << 13


@dataclass(frozen=True)
class Streaks:
    """Streaks as arrays of one entry a streak.

    A streak is a rectangle, blurred by one box along its direction (motion blur) and by
    another across it (defocus). Neither box is smaller than a pixel: that is the
    anti-aliasing. A streak's two ends are cut along the rows of the image (along the columns
    if it is flatter than 45 degrees), not at right angles to it: a matter of a pixel, and
    much faster.

    Attributes:
        x: Column of its middle, in pixels; pixel centres are whole numbers.
        y: Row of its middle.
        direction: Degrees from straight down, positive towards the right, -90 to 90.
        length: Pixels between the points of half opacity along the streak.
        width: Pixels between the points of half opacity across it, if more than a pixel.
        opacity: 0 to 1, where neither box has made it fainter.
        motion_blur: Length of the box along the streak, as part of its length.
        softness: Length of the box across the streak, as part of its width.
    """

    x: Array
    y: Array
    direction: Array
    length: Array
    width: Array
    opacity: Array
    motion_blur: float
    softness: float

    def take(self, chosen: npt.NDArray[np.bool_]) -> Streaks:
        """The streaks for which ``chosen`` is true."""
        names = ("x", "y", "direction", "length", "width", "opacity")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})

    def transposed(self) -> Streaks:
        """The same streaks in the transposed image."""
        direction = (180.0 - self.direction) % 180.0 - 90.0
        return replace(self, x=self.y, y=self.x, direction=direction)


def draw_streaks(shape: tuple[int, int], streaks: Streaks) -> Array:
    """Draw streaks onto an empty canvas.

    Where streaks cross, their opacities add up, to at most 1.

    Args:
        shape: Height and width of the canvas.
        streaks: What to draw; parts outside of the canvas are cut off.

    Returns:
        Opacity 0 to 1, (height, width).
    """
    steep = np.abs(streaks.direction) <= 45.0
    # Steep streaks are walked row by row; flat ones likewise, on the transposed canvas.
    opacity = _draw_steep(shape, streaks.take(steep))
    if not steep.all():
        opacity += _draw_steep(shape[::-1], streaks.take(~steep).transposed()).T
    return np.minimum(opacity, 1.0).astype(np.float32)


def _draw_steep(shape: tuple[int, int], streaks: Streaks) -> Array:
    """Sum of the opacities of streaks within 45 degrees of straight down."""
    height, width = shape
    lines = _Lines.of(streaks)
    first = np.maximum(np.ceil(lines.y - lines.column.reach), 0).astype(np.int64)
    last = np.minimum(np.floor(lines.y + lines.column.reach), height - 1).astype(np.int64)
    count = np.maximum(last - first + 1, 0)
    aside = lines.row.reach + lines.column.reach * np.abs(lines.slope)
    count[(lines.x + aside < 0) | (lines.x - aside > width - 1)] = 0

    # No streak covers more pixels of a row than this; a border of it catches the cut-off.
    border = int(2 * lines.row.reach.max(initial=0)) + 1
    canvas = np.zeros((height, width + 2 * border), np.float32)
    parts = np.cumsum(count) // _ROWS_AT_ONCE
    cuts = [0, *(np.flatnonzero(np.diff(parts)) + 1).tolist(), len(count)]
    for begin, end in pairwise(cuts):
        part = slice(begin, end)
        _add_rows(canvas, border, lines.take(part), first[part], count[part])
    return canvas[:, border:-border]


def _add_rows(
    canvas: Array,
    border: int,
    lines: _Lines,
    first: npt.NDArray[np.int64],
    count: npt.NDArray[np.int64],
) -> None:
    """Add ``count`` rows of each line, from row ``first`` on, to the canvas with its border."""
    # One entry for every row of every line.
    start = np.cumsum(count) - count
    row = np.arange(count.sum()) + np.repeat(first - start, count)
    down = row.astype(np.float32) - np.repeat(lines.y, count)
    middle = np.repeat(lines.x, count) + down * np.repeat(lines.slope, count)
    strength = lines.column.repeat(count).at(down) * np.repeat(lines.strength, count)
    profile = lines.row.repeat(count)

    stride = canvas.shape[1]
    left = np.ceil(middle - profile.reach)
    seen = np.flatnonzero((left > -border) & (left < stride - 2 * border))
    left, strength, profile = left[seen], strength[seen], profile.take(seen)
    distance = left - middle[seen]
    place = row[seen] * stride + left.astype(np.int64) + border
    flat = canvas.reshape(-1)
    for step in range(border):
        np.add.at(flat[step:], place, profile.at(distance) * strength)
        distance += 1


@dataclass(frozen=True)
class _Trapezoid:
    """A box of height 1, averaged over a box of length ``blur``, times ``blur``.

    Attributes:
        reach: Distance from the middle at which it becomes zero.
        top: Its greatest value.
    """

    reach: Array
    top: Array

    @classmethod
    def of(cls, size: Array, blur: Array) -> _Trapezoid:
        return cls(np.float32(0.5) * (size + blur), np.minimum(size, blur))

    def at(self, distance: Array) -> Array:
        value: Array = np.maximum(np.minimum(self.reach - np.abs(distance), self.top), 0)
        return value

    def take(self, chosen: slice | npt.NDArray[np.int64]) -> _Trapezoid:
        return _Trapezoid(self.reach[chosen], self.top[chosen])

    def repeat(self, count: npt.NDArray[np.int64]) -> _Trapezoid:
        return _Trapezoid(np.repeat(self.reach, count), np.repeat(self.top, count))


@dataclass(frozen=True)
class _Lines:
    """Streaks by what they measure along the columns and along the rows of the image."""

    x: Array
    y: Array
    #: How much further right the middle of a streak is on the next row.
    slope: Array
    strength: Array
    column: _Trapezoid
    row: _Trapezoid

    @classmethod
    def of(cls, streaks: Streaks) -> _Lines:
        radians = np.radians(streaks.direction)
        cosine: Array = np.cos(radians)
        # A streak is shorter along a column than along itself, and wider along a row.
        length, width = streaks.length * cosine, streaks.width / cosine
        along: Array = np.maximum(streaks.motion_blur * length, 1)
        across: Array = np.maximum(streaks.softness * width, 1)
        return cls(
            x=streaks.x,
            y=streaks.y,
            slope=np.tan(radians),
            strength=streaks.opacity / (along * across),
            column=_Trapezoid.of(length, along),
            row=_Trapezoid.of(width, across),
        )

    def take(self, part: slice) -> _Lines:
        return _Lines(
            self.x[part],
            self.y[part],
            self.slope[part],
            self.strength[part],
            self.column.take(part),
            self.row.take(part),
        )

"""Draw many streaks at once, anti-aliased, with sub-pixel positions, widths and lengths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float32]

#: Number of rows drawn at once, so that their arrays stay in the processor's cache.
_ROWS_AT_ONCE = 1 << 13


@dataclass(frozen=True)
class Streaks:
    """Streaks, as arrays with one entry per streak.

    A streak is a rectangle, blurred by one box along its direction (motion blur) and by
    another across it (defocus). Neither box is smaller than a pixel, which anti-aliases the
    streak. Its ends are cut along the rows of the image (along the columns if it is flatter
    than 45 degrees) instead of at right angles: this changes about a pixel and is much
    faster.

    Attributes:
        x: Column of the middle, in pixels; pixel centres are whole numbers.
        y: Row of the middle.
        direction: Degrees from straight down, positive towards the right, -90 to 90.
        length: Length in pixels, between the points of half opacity.
        width: Width in pixels, between the points of half opacity, if more than a pixel.
        opacity: Opacity before blurring, 0 to 1.
        motion_blur: Length of the box along the streak, as a fraction of the streak's length.
        softness: Length of the box across the streak, as a fraction of the streak's width.
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
        """Return the streaks for which ``chosen`` is true."""
        names = ("x", "y", "direction", "length", "width", "opacity")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})

    def transposed(self) -> Streaks:
        """Return the same streaks in the transposed image."""
        direction = (180.0 - self.direction) % 180.0 - 90.0
        return replace(self, x=self.y, y=self.x, direction=direction)


def draw_streaks(shape: tuple[int, int], streaks: Streaks) -> Array:
    """Draw streaks onto an empty canvas.

    Where streaks cross, their opacities add up, to at most 1.

    Args:
        shape: Height and width of the canvas.
        streaks: The streaks; parts outside the canvas are cut off.

    Returns:
        Opacity 0 to 1, (height, width).
    """
    steep = np.abs(streaks.direction) <= 45.0
    # Steep streaks are drawn row by row; so are flat ones, on the transposed canvas.
    opacity = _draw_steep(shape, streaks.take(steep))
    if not steep.all():
        opacity += _draw_steep(shape[::-1], streaks.take(~steep).transposed()).T
    return np.minimum(opacity, 1.0).astype(np.float32)


def _draw_steep(shape: tuple[int, int], streaks: Streaks) -> Array:
    """Return the sum of the opacities of streaks within 45 degrees of straight down."""
    height, width = shape
    lines = _Lines.of(streaks)
    first = np.maximum(np.ceil(lines.y - lines.column.reach), 0).astype(np.int64)
    last = np.minimum(np.floor(lines.y + lines.column.reach), height - 1).astype(np.int64)
    count = np.maximum(last - first + 1, 0)
    half_width = lines.row.reach + lines.column.reach * np.abs(lines.slope)
    count[(lines.x + half_width < 0) | (lines.x - half_width > width - 1)] = 0

    # A streak covers at most this many pixels of a row; the border takes what is cut off.
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
    """Add ``count`` rows of each line, starting at row ``first``, to the bordered canvas."""
    # One entry for every row of every line.
    start = np.cumsum(count) - count
    row = np.arange(count.sum()) + np.repeat(first - start, count)
    down = row.astype(np.float32) - np.repeat(lines.y, count)
    middle = np.repeat(lines.x, count) + down * np.repeat(lines.slope, count)
    strength = lines.column.repeat(count).at(down) * np.repeat(lines.strength, count)
    profile = lines.row.repeat(count)

    stride = canvas.shape[1]
    left = np.ceil(middle - profile.reach)
    visible = np.flatnonzero((left > -border) & (left < stride - 2 * border))
    left, strength, profile = left[visible], strength[visible], profile.take(visible)
    distance = left - middle[visible]
    index = row[visible] * stride + left.astype(np.int64) + border
    flat = canvas.reshape(-1)
    for step in range(border):
        np.add.at(flat[step:], index, profile.at(distance) * strength)
        distance += 1


@dataclass(frozen=True)
class _Trapezoid:
    """The convolution of two boxes of height 1: a streak's profile and its blur.

    Attributes:
        reach: Distance from the middle at which it becomes zero.
        top: Largest value.
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
    """Streaks described by their profiles along the columns and rows of the image."""

    x: Array
    y: Array
    #: How much further right the middle of a streak is in the next row.
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

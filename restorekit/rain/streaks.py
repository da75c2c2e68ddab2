"""Drawing many streaks at once: anti-aliased, at sub-pixel positions, widths and lengths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float32]

#: Rows of streaks drawn in one go; their arrays stay in the processor's cache.
_ROWS_AT_ONCE = 1 << 17


@dataclass(frozen=True)
class Streaks:
    """Streaks as arrays of one entry a streak.

    A streak is a rectangle, blurred by one box along its direction (motion blur) and by
    another across it (defocus). Neither box is shorter than a pixel: that is the
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


def _draw_steep(shape: tuple[int, int], streaks: Streaks) -> npt.NDArray[np.float64]:
    """Sum of the opacities of streaks within 45 degrees of straight down."""
    height, width = shape
    # A border of one column catches what is left or right of the canvas.
    canvas = np.zeros(height * (width + 2))
    radians = np.radians(streaks.direction)
    # On a row, the middle of a streak is ``slope`` further right than on the row above.
    slope, cosine = np.tan(radians), np.cos(radians)
    # Along a column and along a row, a streak is longer by 1 / cosine.
    blur = np.maximum(streaks.motion_blur * streaks.length, 1)
    rows = _Trapezoid(streaks.length * cosine, blur * cosine)
    blur = np.maximum(streaks.softness * streaks.width, 1)
    columns = _Trapezoid(streaks.width / cosine, blur / cosine)

    aside = columns.reach + rows.reach * np.abs(slope)
    near = (streaks.x + aside > 0) & (streaks.x - aside < width - 1)
    first = np.maximum(np.ceil(streaks.y - rows.reach), 0).astype(np.int64)
    last = np.minimum(np.floor(streaks.y + rows.reach), height - 1).astype(np.int64)
    count = np.where(near, np.maximum(last - first + 1, 0), 0)
    ends = np.cumsum(count)
    starts = ends - count
    for begin in range(0, int(count.sum()), _ROWS_AT_ONCE):
        entry = np.arange(begin, min(begin + _ROWS_AT_ONCE, int(ends[-1])))
        of = np.searchsorted(ends, entry, side="right")
        row = entry - starts[of] + first[of]
        down = row.astype(np.float32) - streaks.y[of]
        strength = streaks.opacity[of] * rows.take(of).at(down)
        middle = streaks.x[of] + down * slope[of]
        _add_rows(canvas, width, row, middle, strength, columns.take(of))
    return canvas.reshape(height, width + 2)[:, 1:-1]


def _add_rows(
    canvas: npt.NDArray[np.float64],
    width: int,
    row: npt.NDArray[np.int64],
    middle: Array,
    strength: Array,
    profile: _Trapezoid,
) -> None:
    """Add one row each of many streaks to the canvas with the border, in place."""
    left = np.ceil(middle - profile.reach)
    # No streak covers more pixels of a row than the widest one.
    for step in range(int(2 * profile.reach.max()) + 1):
        column = left + np.float32(step)
        value = strength * profile.at(column - middle)
        inside = np.clip(column, -1, width).astype(np.int64)
        canvas += np.bincount(
            row * (width + 2) + inside + 1, weights=value, minlength=canvas.size
        )


@dataclass(frozen=True)
class _Trapezoid:
    """A box of height 1 and length ``size``, averaged over a box of length ``blur``."""

    size: Array
    blur: Array

    @property
    def reach(self) -> Array:
        """Distance from the middle at which it becomes zero."""
        half: Array = (self.size + self.blur) / 2
        return half

    def take(self, indices: npt.NDArray[np.int64]) -> _Trapezoid:
        return _Trapezoid(self.size[indices], self.blur[indices])

    def at(self, distance: Array) -> Array:
        top = np.minimum(self.size, self.blur)
        value: Array = np.clip(self.reach - np.abs(distance), 0, top) / self.blur
        return value

"""Drawing many streaks at once: anti-aliased, at sub-pixel positions, widths and lengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float32]

#: An opaque streak lets this much through, so that its logarithm stays finite.
_LEAST_TRANSMISSION = 1e-3


@dataclass(frozen=True)
class Streaks:
    """Streaks as arrays of one entry a streak.

    A streak is a rectangle, blurred by one box along its direction (motion blur) and by
    another across it (defocus). Neither box is shorter than a pixel: that is the
    anti-aliasing.

    Attributes:
        x: Column of its middle, in pixels; pixel centres are whole numbers.
        y: Row of its middle.
        direction: Degrees from straight down, positive towards the right.
        length: Pixels.
        width: Pixels.
        opacity: 0 to 1.
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


def draw_streaks(shape: tuple[int, int], streaks: Streaks) -> Array:
    """Draw streaks onto an empty canvas.

    Where streaks cross, each lets through what it does not cover, so the result stays in
    [0, 1): 1 - Π (1 - opacity · profile). The order of the streaks does not matter.

    Args:
        shape: Height and width of the canvas.
        streaks: What to draw; parts outside of the canvas are cut off.

    Returns:
        Opacity, (height, width).
    """
    height, width = shape
    # Lines and their directions have no head and tail: fold into (-90, 90].
    direction = (streaks.direction + 90.0) % 180.0 - 90.0
    steep = np.abs(direction) <= 45.0
    # Steep streaks are walked row by row; flat ones likewise, on the transposed canvas.
    logs = _log_transmission(shape, streaks, direction, steep)
    if not steep.all():
        mirrored = Streaks(
            x=streaks.y,
            y=streaks.x,
            direction=streaks.direction,
            length=streaks.length,
            width=streaks.width,
            opacity=streaks.opacity,
            motion_blur=streaks.motion_blur,
            softness=streaks.softness,
        )
        turned = 90.0 - direction
        turned = (turned + 90.0) % 180.0 - 90.0
        logs = logs + _log_transmission((width, height), mirrored, turned, ~steep).T
    result: Array = -np.expm1(logs).astype(np.float32)
    return result


def _log_transmission(
    shape: tuple[int, int],
    streaks: Streaks,
    direction: Array,
    chosen: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float64]:
    """Sum of log(1 - opacity · profile) over the ``chosen`` streaks, all within ±45 degrees."""
    height, width = shape
    radians = np.radians(direction[chosen], dtype=np.float32)
    sine, cosine = np.sin(radians), np.cos(radians)
    x, y = streaks.x[chosen], streaks.y[chosen]
    along = _Profile.of(streaks.length[chosen], streaks.motion_blur)
    across = _Profile.of(streaks.width[chosen], streaks.softness)

    reach = along.reach * cosine + across.reach * np.abs(sine)
    first = np.maximum(np.ceil(y - reach), 0).astype(np.int64)
    last = np.minimum(np.floor(y + reach), height - 1).astype(np.int64)
    rows_each = np.maximum(last - first + 1, 0)
    total = int(rows_each.sum())
    logs = np.zeros(height * width)
    if total == 0:
        return logs.reshape(shape)

    # One entry for every row of every streak.
    of = np.repeat(np.arange(len(x)), rows_each)
    starts = np.cumsum(rows_each) - rows_each
    row = np.arange(total) - starts[of] + first[of]
    down = row.astype(np.float32) - y[of]
    sine, cosine, middle = sine[of], cosine[of], x[of]
    along, across = along.take(of), across.take(of)
    opacity = streaks.opacity[chosen][of]
    left = np.ceil(middle + down * sine / cosine - across.reach / cosine)
    # No streak covers more pixels of a row than the widest one.
    for step in range(int(np.floor(2 * np.max(across.reach / cosine))) + 1):
        column = left + np.float32(step)
        right = column - middle
        value = opacity * along.at(right * sine + down * cosine)
        value *= across.at(right * cosine - down * sine)
        seen = np.flatnonzero((value > 0) & (column >= 0) & (column < width))
        place = row[seen] * width + column[seen].astype(np.int64)
        cover = np.minimum(value[seen], np.float32(1.0 - _LEAST_TRANSMISSION))
        logs += np.bincount(place, weights=np.log1p(-cover), minlength=logs.size)
    return logs.reshape(shape)


@dataclass(frozen=True)
class _Profile:
    """A box of ``size``, averaged over a box of ``blur``: a trapezoid of height at most 1."""

    size: Array
    blur: Array

    @classmethod
    def of(cls, size: Array, part: float) -> _Profile:
        return cls(size, np.maximum(size * np.float32(part), np.float32(1.0)))

    @property
    def reach(self) -> Array:
        """Distance from the middle at which the profile is zero."""
        half: Array = (self.size + self.blur) / np.float32(2.0)
        return half

    def take(self, indices: npt.NDArray[np.int64]) -> _Profile:
        return _Profile(self.size[indices], self.blur[indices])

    def at(self, distance: Array) -> Array:
        height = np.minimum(self.size, self.blur)
        value: Array = np.clip(self.reach - np.abs(distance), 0, height) / self.blur
        return value

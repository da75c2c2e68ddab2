"""Which parts of an image to restore, and how they are put together."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import torch

from restorekit.errors import ConfigError, did_you_mean

#: How parts that were asked for in a config are merged.
Merge: TypeAlias = Literal["paste", "mean", "radial", "corners"]
_MERGES = ("paste", "mean", "radial", "corners")


class Box(NamedTuple):
    """Rows and columns of an image, ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.right - self.left


@dataclass(frozen=True)
class Part:
    """A part of an image.

    Attributes:
        window: What the network sees.
        region: What of its output is used; within the window.
        weight: Returns the weights of the region's pixels (H, W), above 0; None where regions do
            not overlap.
    """

    window: Box
    region: Box
    weight: Callable[[], torch.Tensor] | None = None


@dataclass(frozen=True)
class TileMode:
    """Tiles as a method's authors test with, for numbers that compare with theirs.

    In a config: ``test_cfg = dict(tile=dict(size=256, merge='paste'))``.

    Attributes:
        size: Side of a tile in pixels; sides of the image that are smaller are not divided.
        stride: Distance between tiles; by default ``size``.
        merge: ``paste``: a tile gives the pixels that no tile before it gave. ``mean``: tiles
            are averaged where they overlap. ``radial``: averaged with weights that fall with the
            distance from a tile's centre, 1/√(dy² + dx² + 0.001). ``corners``: four crops at the
            image's corners, as large as the largest multiple of ``size`` allows, are clamped to
            [0, 1] and averaged.

    The last tile of a row or column is flush with the image's border.

    Raises:
        ConfigError: If a value cannot be used.
    """

    size: int
    stride: int | None = None
    merge: Merge = "paste"

    def __post_init__(self) -> None:
        if self.merge not in _MERGES:
            raise ConfigError(
                f"tile.merge is {self.merge!r}: give one of {', '.join(_MERGES)}."
                f"{did_you_mean(str(self.merge), _MERGES)}"
            )
        for name, value in (("size", self.size), ("stride", self.stride or 1)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigError(f"tile.{name} is {value!r}, but must be at least 1 pixel.")
        if (self.stride or 0) > self.size:
            raise ConfigError(
                f"tile.stride is {self.stride}, and would leave gaps between tiles of {self.size}."
            )

    @property
    def clamps(self) -> bool:
        """Whether parts are clamped to [0, 1] before they are merged."""
        return self.merge == "corners"

    def parts(self, height: int, width: int) -> list[Part]:
        """Return the parts of an image."""
        if self.merge == "corners":
            axes = [_corners(length, self.size) for length in (height, width)]
        else:
            stride = self.stride or self.size
            axes = [_flush(length, self.size, stride) for length in (height, width)]
        windows = [[(start, stop) for start, stop, _ in axis] for axis in axes]
        if self.merge == "paste":
            regions = [[(first, stop) for _, stop, first in axis] for axis in axes]
            return _product(windows, regions)
        weight: Callable[[int, int], torch.Tensor] = torch.ones
        if self.merge == "radial":
            weight = functools.cache(_radial)
        return [
            Part(part.window, part.region, functools.partial(weight, *_size(part.region)))
            for part in _product(windows, windows)
        ]

    def describe(self) -> dict[str, Any]:
        """Return what a results file records."""
        return {"size": self.size, "stride": self.stride or self.size, "merge": self.merge}


def whole(height: int, width: int) -> list[Part]:
    """Return the image as its only part."""
    box = Box(0, height, 0, width)
    return [Part(box, box)]


def exact_parts(
    height: int, width: int, inner: tuple[int, int], context: int, period: int
) -> list[Part]:
    """Return parts with as much around them as the network looks at: they give the whole.

    Args:
        height: Of the image.
        width: Of the image.
        inner: Height and width of what each part gives, at most.
        context: Pixels around it, a multiple of ``period``.
        period: Windows begin at multiples of this.
    """
    axes = [
        _exact_axis(length, side, context, period)
        for length, side in zip((height, width), inner, strict=True)
    ]
    return _product(
        [[window for window, _ in axis] for axis in axes],
        [[region for _, region in axis] for axis in axes],
    )


def blended_parts(
    height: int, width: int, inner: tuple[int, int], overlap: int, period: int
) -> list[Part]:
    """Return parts that overlap, with weights that rise and fall across the overlap as cos².

    Args:
        height: Of the image.
        width: Of the image.
        inner: Distance between parts, at most; a part is as much larger as they overlap.
        overlap: In pixels.
        period: Windows begin at multiples of this.
    """
    axes = [
        _blended_axis(length, side, overlap, period)
        for length, side in zip((height, width), inner, strict=True)
    ]
    ramps = [_ramps(axis, length) for axis, length in zip(axes, (height, width), strict=True)]
    if all(len(axis) == 1 for axis in axes):
        return whole(height, width)
    return [
        Part(
            Box(*rows, *columns),
            Box(*rows, *columns),
            functools.partial(torch.outer, ramps[0][i], ramps[1][j]),
        )
        for i, rows in enumerate(axes[0])
        for j, columns in enumerate(axes[1])
    ]


_Span: TypeAlias = tuple[int, int]


def _exact_axis(length: int, inner: int, context: int, period: int) -> list[tuple[_Span, _Span]]:
    count = -(-length // inner)
    if count <= 1:
        return [((0, length), (0, length))]
    step = _up(-(-length // count), period)
    found = []
    for first in range(0, length, step):
        last = min(first + step, length)
        window = (max(first - context, 0), min(last + context, length))
        found.append((window, (first, last)))
    return found


def _blended_axis(length: int, inner: int, overlap: int, period: int) -> list[_Span]:
    count = max(1, -(-(length - overlap) // inner))
    if count == 1:
        return [(0, length)]
    step = _up(-(-(length - overlap) // count), period)
    size = min(step + overlap, length)
    starts = list(range(0, length - overlap, step))
    starts[-1] = _up(length - size, period)
    return [(start, min(start + size, length)) for start in starts]


def _ramps(spans: list[_Span], length: int) -> list[torch.Tensor]:
    """Return the weights of each span: 1 in the middle, falling to 0 where the next ends it."""
    ramps = []
    for index, (start, stop) in enumerate(spans):
        ramp = torch.ones(stop - start)
        if index > 0:
            shared = spans[index - 1][1] - start
            ramp[:shared] *= _rise(shared)
        if index + 1 < len(spans):
            shared = stop - spans[index + 1][0]
            ramp[stop - start - shared :] *= _rise(shared).flip(0)
        ramps.append(ramp)
    return ramps


def _rise(length: int) -> torch.Tensor:
    return torch.sin((torch.arange(length) + 0.5) / length * (math.pi / 2)).square()


def _flush(length: int, size: int, stride: int) -> list[tuple[int, int, int]]:
    """Return start and end of windows, and where what they add begins."""
    if length <= size:
        return [(0, length, 0)]
    starts = [*range(0, length - size, stride), length - size]
    ends = [0, *(start + size for start in starts)]
    return [
        (start, start + size, max(start, end)) for start, end in zip(starts, ends[:-1], strict=True)
    ]


def _corners(length: int, multiple: int) -> list[tuple[int, int, int]]:
    side = length // multiple * multiple or length
    return [(0, side, 0)] if side == length else [(0, side, 0), (length - side, length, 0)]


@functools.cache
def _radial(height: int, width: int) -> torch.Tensor:
    rows, columns = (torch.arange(side) - side // 2 for side in (height, width))
    return (rows.square()[:, None] + columns.square() + 1e-3).rsqrt()


def _product(windows: list[list[_Span]], regions: list[list[_Span]]) -> list[Part]:
    return [
        Part(Box(*windows[0][i], *windows[1][j]), Box(*regions[0][i], *regions[1][j]))
        for i in range(len(windows[0]))
        for j in range(len(windows[1]))
    ]


def _size(box: Box) -> tuple[int, int]:
    return box.height, box.width


def _up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple

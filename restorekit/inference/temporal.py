"""Against flicker: merge each restored frame with its neighbours, aligned to it.

Rain is different in each frame, the scene is not. What restoration left of a streak, or took
with it, is therefore an outlier among the aligned frames.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from restorekit.metrics.functional.warp_error import (
    Array,
    Mask,
    consistent,
    optical_flow,
    warp,
    warp_error,
)

K = TypeVar("K")
#: (H, W, 3), uint8 or uint16.
Frame = npt.NDArray[Any]

#: Longest side, in pixels, of the frames that flow is computed on.
_FLOW_SIDE = 960
#: Frames with a shorter side are not merged: too little for the search of motion.
_SMALLEST = 32
#: Standard deviation, in levels of 255, within which a sample agrees with the median.
_AGREEMENT = 6.0
#: Side of the window, and difference of its means in levels of 255, from which two frames show
#: different things there. A streak is too thin to reach it.
_WINDOW, _DIFFERENT = 15, 8.0
#: Rows that are merged at a time, to bound memory.
_ROWS = 128


@dataclass
class _Entry(Generic[K]):
    key: K
    number: int
    restored: Frame
    #: What flow is computed on: uint8 (h, w), smoothed against streaks.
    grey: npt.NDArray[np.uint8]


class TemporalFilter(Generic[K]):
    """Merges each frame with ``radius`` neighbours on each side.

    The first and last frames take as many from the one side that there is.

    Neighbours are brought to the frame by optical flow (DIS). A pixel of a neighbour is trusted
    where the flow there and back agree and its surroundings look alike. The result is the
    mean of those trusted pixels, and the frame's own, that lie near their median. Where no
    neighbour is trusted, the frame stays as it is.

    Frames come out ``radius`` frames later than they go in, the first ones when 2·radius + 1 are
    there; memory holds that many.

    Args:
        radius: Number of neighbours on each side, 1 or more. 1 suffices against single streaks;
            2 is steadier and takes about twice as long.
    """

    def __init__(self, radius: int) -> None:
        self._radius = radius
        self._window: deque[_Entry[K]] = deque(maxlen=2 * radius + 1)
        self._count = 0
        self._next = 0
        self._flows: dict[tuple[int, int], Array] = {}
        self._previous: tuple[_Entry[K], Frame] | None = None
        self._errors: list[tuple[float, float]] = []

    def add(self, key: K, restored: Frame) -> Iterator[tuple[K, Frame]]:
        """Take the next restored frame; yield the frames that are ready, with their keys."""
        self._window.append(_Entry(key, self._count, restored, _grey(restored)))
        self._count += 1
        while self._count > max(self._next + self._radius, 2 * self._radius):
            yield self._merge_next()

    def finish(self) -> Iterator[tuple[K, Frame]]:
        """Yield the remaining frames."""
        while self._next < self._count:
            yield self._merge_next()

    def warp_error(self) -> tuple[float, float] | None:
        """Return the mean warp error of the frames that went in, and of those that came out.

        The flow is that between the frames that went in. None before there are two frames.
        """
        if not self._errors:
            return None
        before, after = np.mean(self._errors, axis=0)
        return float(before), float(after)

    def _merge_next(self) -> tuple[K, Frame]:
        present = next(entry for entry in self._window if entry.number == self._next)
        neighbours = [entry for entry in self._window if entry is not present]
        merged = present.restored
        if neighbours and min(merged.shape[:2]) >= _SMALLEST:
            flows = [self._flow(present, other) for other in neighbours]
            trusted = [
                consistent(flow, self._flow(other, present))
                for flow, other in zip(flows, neighbours, strict=True)
            ]
            merged = merge(present.restored, [n.restored for n in neighbours], flows, trusted)
            self._measure(present, merged)
        self._previous = (present, merged)
        self._next += 1
        # What the next frame is merged and measured with.
        oldest = min(self._window[0].number, self._next - 1)
        self._flows = {pair: f for pair, f in self._flows.items() if min(pair) >= oldest}
        return present.key, merged

    def _measure(self, present: _Entry[K], merged: Frame) -> None:
        if self._previous is None:
            return
        before, merged_before = self._previous
        flow = self._flow(before, present)
        mask = consistent(flow, self._flow(present, before))
        largest = float(np.iinfo(merged.dtype).max)
        self._errors.append(
            (
                warp_error(before.restored, present.restored, flow, mask, largest),
                warp_error(merged_before, merged, flow, mask, largest),
            )
        )

    def _flow(self, first: _Entry[K], second: _Entry[K]) -> Array:
        """Return the flow between two frames at full size; it is kept at the size of its search."""
        pair = (first.number, second.number)
        if pair not in self._flows:
            self._flows[pair] = optical_flow(first.grey, second.grey)
        small = self._flows[pair]
        height, width = first.restored.shape[:2]
        if small.shape[:2] == (height, width):
            return small
        factor = np.array([width / small.shape[1], height / small.shape[0]], np.float32)
        flow: Array = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR) * factor
        return flow


def merge(
    present: Frame, neighbours: list[Frame], flows: list[Array], trusted: list[Mask]
) -> Frame:
    """Return a frame merged with its neighbours.

    Args:
        present: The frame, (H, W, 3), uint8 or uint16.
        neighbours: Others of the same scene.
        flows: From ``present`` to each of them.
        trusted: Where each flow holds, bool (H, W).
    """
    result = np.empty_like(present)
    margin = _WINDOW // 2
    for top in range(0, len(present), _ROWS):
        # The window of the comparison reaches beyond the rows that are merged.
        low, high = max(0, top - margin), min(len(present), top + _ROWS + margin)
        rows = slice(low, high)
        part = _merge_rows(
            present[rows].astype(np.float32),
            [_warp_rows(n, f, low, high) for n, f in zip(neighbours, flows, strict=True)],
            [mask[rows] for mask in trusted],
            np.iinfo(present.dtype).max / 255,
        )
        bottom = min(len(present), top + _ROWS)
        result[top:bottom] = np.rint(part[top - low : bottom - low])
    return result


def _warp_rows(image: Frame, flow: Array, low: int, high: int) -> Array:
    moved = flow[low:high].copy()
    moved[..., 1] += low
    return warp(image, moved)


def _merge_rows(own: Array, others: list[Array], trusted: list[Mask], level: float) -> Array:
    """Merge rows; ``level`` is one of 255 levels in units of the samples."""
    mean = cv2.blur(own, (_WINDOW, _WINDOW))
    samples, weights = [own], [np.ones(own.shape[:2], np.float32)]
    for other, mask in zip(others, trusted, strict=True):
        apart = _largest(cv2.absdiff(cv2.blur(other, (_WINDOW, _WINDOW)), mean))
        usable = mask & (apart < _DIFFERENT * level)
        weights.append(usable.astype(np.float32))
        # In the place of a pixel that is not trusted stands the frame's own, so that the median
        # stays with it unless most neighbours say otherwise.
        samples.append(np.where(usable[..., None], other, own))
    # In a clip too short for a whole window the number is even: the frame's own counts twice.
    centre = _median(samples if len(samples) % 2 else [own, *samples])
    total = np.zeros_like(own)
    sum_of_weights = np.zeros(own.shape[:2], np.float32)
    scale = np.float32(-0.5 / (_AGREEMENT * level) ** 2)
    for sample, weight in zip(samples, weights, strict=True):
        far = _largest(cv2.absdiff(sample, centre))
        weight = weight * cv2.exp(scale * far * far)
        total += weight[..., None] * sample
        sum_of_weights += weight
    # Where each channel's median is another sample's, none of them may lie near: take it then.
    near = sum_of_weights > 1e-3
    merged = np.where(near[..., None], total / np.maximum(sum_of_weights, 1e-3)[..., None], centre)
    return np.clip(merged, 0, 255 * level)


def _largest(difference: Array) -> Array:
    """Return the largest of three channels; NumPy is slow at axes of three."""
    return cv2.max(cv2.max(difference[..., 0], difference[..., 1]), difference[..., 2])  # type: ignore[no-any-return]


def _median(samples: list[Array]) -> Array:
    if len(samples) == 3:
        first, second, third = samples
        low, high = np.minimum(first, second), np.maximum(first, second)
        return np.maximum(low, np.minimum(high, third))
    return np.median(np.stack(samples), axis=0).astype(np.float32)


def _grey(frame: Frame) -> npt.NDArray[np.uint8]:
    """Return what flow is computed on."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    if grey.dtype == np.uint16:
        grey = (grey >> 8).astype(np.uint8)
    shrink = _FLOW_SIDE / max(grey.shape)
    if shrink < 1:
        size = (max(16, round(grey.shape[1] * shrink)), max(16, round(grey.shape[0] * shrink)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    smooth: npt.NDArray[np.uint8] = cv2.GaussianBlur(grey, (0, 0), 1.0)
    return smooth

"""Restore images of any size in parts that fit into memory."""

from __future__ import annotations

import gc
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import torch

from restorekit.archs.sizing import SizeRequirements, pad_to_fit
from restorekit.errors import ConfigError, DataError

from .backends import Backend
from .canvas import Canvas
from .memory import is_out_of_memory, memory_budget, pixels_that_fit
from .merging import merger
from .parts import Part, TileMode, blended_parts, exact_parts, whole
from .receptive_field import ReceptiveField
from .views import EIGHT, IDENTITY, View

#: ``auto``, ``off``, the side of a tile in pixels, or the tiles of a published test.
Tile: TypeAlias = Literal["auto", "off"] | int | TileMode

#: The smallest side that tiles are halved to when memory runs out.
SMALLEST = 32
#: Context that is larger than this share of a tile makes tiles overlap and blend instead.
_LARGEST_CONTEXT = 1
#: How far tiles overlap where the network looks at the whole image, as a share of their side.
_OVERLAP = 1 / 8
_LEAST_OVERLAP = 16
#: Where overlapping tiles begin: strides and resampling in the network divide this.
_BLEND_PERIOD = 32
#: On a CPU larger tiles save no time, take more memory, and keep the user waiting for the next.
_LARGEST_ON_CPU = 1024**2
#: Tiles are not longer than this, where the image is narrow.
LARGEST_SIDE = 2**16
#: How many views and tiles go through the network at a time, at most.
_LARGEST_BATCH = 32

#: Called with how many parts of how many are done.
OnProgress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True)
class Plan:
    """How an image is divided.

    Attributes:
        parts: Its parts.
        requirements: The sizes that parts are padded to.
        period: Windows begin at multiples of this; 0 for windows that are taken as they are.
        description: What a results file records: None for the whole image.
        clamps: Whether outputs are clamped to [0, 1] before they are merged.
    """

    parts: Sequence[Part]
    requirements: SizeRequirements
    period: int
    description: dict[str, Any] | None = None
    clamps: bool = False


def parse_tile(value: object, name: str = "tile") -> Tile:
    """Return the tile option that ``value`` means.

    Args:
        value: ``auto``, ``off`` or None, a number of pixels or its digits, a :class:`TileMode` or
            a dict of its arguments.
        name: What error messages call the option.

    Raises:
        ConfigError: If it is something else.

    Example:
        >>> parse_tile("256"), parse_tile(None), parse_tile("auto")
        (256, 'off', 'auto')
    """
    if value is None or value == "off":
        return "off"
    if value == "auto":
        return "auto"
    if isinstance(value, TileMode):
        return value
    if isinstance(value, dict):
        try:
            return TileMode(**value)
        except TypeError as error:
            raise ConfigError(
                f"{name}={value!r} cannot be used: a dict has size, stride and merge."
            ) from error
    text = str(value)
    if isinstance(value, (int, str)) and text.isdecimal() and int(text) >= SMALLEST:
        return int(text)
    raise ConfigError(
        f"{name} is {value!r}: give auto, off, or the side of a tile in pixels, {SMALLEST} or more."
    )


class TiledNetwork:
    """Runs a network over images in parts.

    Threads take turns, so that memory is that of one.

    Args:
        backend: Runs the network.
        tile: How to divide images; see :func:`restorekit.load_restorer`.
        ensemble: Whether to average over the eight flips and rotations of each part.

    Example:
        >>> from restorekit.archs import DDN
        >>> from restorekit.inference import PyTorchBackend
        >>> network = TiledNetwork(PyTorchBackend(DDN(channels=4).eval()), tile=64)
        >>> len(network.plan(100, 200).parts) > 1
        True
    """

    def __init__(self, backend: Backend, tile: Tile = "auto", ensemble: bool = False) -> None:
        self.backend = backend
        self.tile = tile
        self.views = EIGHT if ensemble else IDENTITY
        #: Pixels that should fit into memory at a time, and that did not.
        self._measured: int | None = None
        self._limit: int | None = None
        self._running = 0
        self._field: ReceptiveField | None = None
        self._lock = threading.RLock()

    def run(
        self,
        canvases: Sequence[Canvas],
        name: str = "the image",
        on_progress: OnProgress | None = None,
    ) -> None:
        """Restore images; parts of one size share a batch where memory allows.

        Args:
            canvases: The images.
            name: What error messages call them.
            on_progress: Called after each part.

        Raises:
            DataError: If memory does not suffice.
            CheckpointError: If an output is not finite.
        """
        failed = math.inf
        with self._lock:
            while True:
                plans = [self.plan(canvas.height, canvas.width) for canvas in canvases]
                try:
                    self._run(plans, canvases, on_progress)
                    return
                except (MemoryError, RuntimeError) as error:
                    if not is_out_of_memory(error):
                        raise
                    kind = type(error).__name__
                # Outside of the handler, whose traceback holds on to the tensors.
                gc.collect()
                if self.backend.device.type == "cuda":
                    torch.cuda.empty_cache()
                self._shrink(plans, name, kind, self._running >= failed)
                failed = self._running

    def plan(self, height: int, width: int) -> Plan:
        """Return how an image of this size is divided.

        Raises:
            DataError: If it is too large for the network, and may not be divided.
        """
        requirements = self.backend.size_requirements
        if isinstance(self.tile, TileMode):
            parts, described = self.tile.parts(height, width), self.tile.describe()
            return Plan(parts, requirements, 0, described, self.tile.clamps)
        maximum = requirements.maximum
        if maximum is not None and max(height, width) > maximum:
            if self.tile == "off":
                raise DataError(
                    f"The network takes images of at most {maximum}x{maximum} pixels, not "
                    f"{width}x{height}: use --tile auto, which restores them in parts."
                )
            return self._divide(height, width)
        if self.tile == "off" or self._fits(*requirements.fit(height, width)):
            return Plan(whole(height, width), requirements, requirements.multiple)
        return self._divide(height, width)

    def _fits(self, height: int, width: int) -> bool:
        if isinstance(self.tile, int):
            limit = height * width if self._limit is None else self._limit
            return max(height, width) <= self.tile and height * width <= limit
        return height * width <= self._allowed()

    def _allowed(self) -> int:
        """Return how many pixels fit into memory at a time."""
        if self._measured is None:
            budget = memory_budget(self.backend.device)
            self._measured = pixels_that_fit(
                self.backend.peak_bytes, self.backend.size_requirements, budget
            )
        return self._measured if self._limit is None else min(self._measured, self._limit)

    def _divide(self, height: int, width: int) -> Plan:
        field, requirements = self.receptive_field(), self.backend.size_requirements
        period = max(field.period, requirements.multiple)
        context = field.context
        inner = self._inner(height, width, context, period)
        if context is None or context > _LARGEST_CONTEXT * max(inner):
            context = None
            period = self._blend_period(period)
            inner = self._inner(height, width, None, period)
        elif not field.any_size:
            requirements = replace(requirements, multiple=period)
        if context is not None:
            parts = exact_parts(height, width, inner, context, period)
            described = {"size": list(inner), "context": context, "merge": "exact"}
        else:
            overlap = _overlap(max(inner), period)
            parts = blended_parts(height, width, inner, overlap, period)
            described = {"size": list(inner), "overlap": overlap, "merge": "blend"}
        return Plan(parts, requirements, period, described)

    def _blend_period(self, period: int) -> int:
        """Return where overlapping tiles begin, given what the network asks for."""
        maximum = self.backend.size_requirements.maximum
        if maximum is None:
            return math.lcm(period, _BLEND_PERIOD)
        # A network of one size may state the whole of it as the multiple.
        return period if 4 * period <= maximum else 1

    def receptive_field(self) -> ReceptiveField:
        """Return what of an image an output pixel depends on; it is probed once."""
        if self._field is None:
            try:
                self._field = self.backend.receptive_field()
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                # Even a small image is too much: overlapping tiles need no probe.
                self._field = ReceptiveField(None, self.backend.size_requirements.multiple)
        return self._field

    def _inner(self, height: int, width: int, context: int | None, period: int) -> tuple[int, int]:
        """Return height and width of what a part gives, without what is around it.

        Args:
            height: Of the image.
            width: Of the image.
            context: Pixels around a part on each side; None if parts overlap instead.
            period: The result's sides are multiples of it.
        """
        requirements = self.backend.size_requirements

        def inner(window: int) -> int:
            side = window - 2 * context if context is not None else int(window / (1 + _OVERLAP))
            if context is None and side + _overlap(side, period) > window:
                side = window - _overlap(side, period)
            return max(side // period, 1) * period

        if isinstance(self.tile, int):
            side = self.tile if self._limit is None else min(self.tile, math.isqrt(self._limit))
            if requirements.maximum is not None:
                side = min(side, inner(requirements.maximum))
            side = max(side // period, 1) * period
            return side, side
        pixels = self._at_a_time()
        side = min(math.isqrt(pixels), requirements.maximum or LARGEST_SIDE)
        # A narrow image is divided along its length only.
        if requirements.square or requirements.maximum or min(height, width) > side:
            return inner(side), inner(side)
        narrow = min(requirements.fit(height, width))
        long = inner(min(max(pixels // narrow, side), LARGEST_SIDE))
        return (height, long) if height <= width else (long, width)

    def _shrink(self, plans: Sequence[Plan], name: str, kind: str, stuck: bool) -> None:
        """Halve the tiles after memory ran out.

        Args:
            plans: How the images were divided.
            name: What error messages call them.
            kind: The error.
            stuck: Whether halving did not make them smaller the last time.

        Raises:
            DataError: If they must not be halved, or are too small already.
        """
        windows = [part.window for plan in plans for part in plan.parts]
        largest = max(window.height * window.width for window in windows)
        device = self.backend.device
        if self.tile == "off" or isinstance(self.tile, TileMode):
            rows = max(window.bottom for window in windows)
            columns = max(window.right for window in windows)
            raise DataError(
                f"{name} ({columns}x{rows} pixels) does not fit into the memory of {device} "
                f"({kind}): use --tile auto, which restores it in parts, or a device with more "
                "memory."
            )
        if (
            stuck
            or self._running <= SMALLEST**2
            or self.backend.size_requirements.maximum is not None
        ):
            raise DataError(
                f"{name} cannot be restored even in tiles of {math.isqrt(largest)} pixels with the "
                f"memory of {device} ({kind}): end other programs, raise the limit on memory, or "
                "use a smaller network."
            )
        self._limit = self._running // 4

    def _run(
        self, plans: Sequence[Plan], canvases: Sequence[Canvas], on_progress: OnProgress | None
    ) -> None:
        total = sum(len(plan.parts) for plan in plans)
        done = 0
        mergers = [merger(plan.parts, canvas) for plan, canvas in zip(plans, canvases, strict=True)]
        sums: dict[tuple[int, int], tuple[torch.Tensor, int]] = {}
        for batch in self._batches(plans, canvases):
            outputs = self._restore(batch)
            for task, output in zip(batch, outputs, strict=True):
                key = (task.image, task.index)
                before, views = sums.pop(key, (None, 0))
                found = output if before is None else before + output
                if views + 1 < len(self.views):
                    sums[key] = (found, views + 1)
                    continue
                mergers[task.image](task.part, found / len(self.views) if views else found)
                done += 1
                if on_progress is not None:
                    on_progress(done, total)
        for merge in mergers:
            merge(None, None)

    def _batches(self, plans: Sequence[Plan], canvases: Sequence[Canvas]) -> Iterator[list[_Task]]:
        """Yield runs of parts and views that the network takes at a time."""
        batch: list[_Task] = []
        for image, (plan, canvas) in enumerate(zip(plans, canvases, strict=True)):
            for index, part in enumerate(plan.parts):
                for view in self.views:
                    task = _Task(image, index, part, view, plan, canvas)
                    if batch and (
                        task.shape != batch[0].shape or len(batch) >= self._batch(task.shape)
                    ):
                        yield batch
                        batch = []
                    batch.append(task)
        if batch:
            yield batch

    def _batch(self, shape: tuple[int, int]) -> int:
        """Return how many parts of a size fit into memory."""
        if self.tile == "off" or isinstance(self.tile, TileMode):
            return 1
        return max(1, min(_LARGEST_BATCH, self._at_a_time() // math.prod(shape)))

    def _at_a_time(self) -> int:
        """Return how many pixels go through the network at a time where an image is divided."""
        on_cpu = self.backend.device.type == "cpu"
        return min(self._allowed(), _LARGEST_ON_CPU) if on_cpu else self._allowed()

    def _restore(self, batch: Sequence[_Task]) -> list[torch.Tensor]:
        """Return the output of each task, for the region of its part."""
        self._running = len(batch) * math.prod(batch[0].shape)
        lq = torch.stack([task.read(self.backend.device) for task in batch])
        output = self.backend.run(lq)
        return [task.cut(one) for task, one in zip(batch, output, strict=True)]


class _Task:
    """A view of a part of an image."""

    def __init__(
        self, image: int, index: int, part: Part, view: View, plan: Plan, canvas: Canvas
    ) -> None:
        self.image, self.index, self.part, self.view = image, index, part, view
        self.plan, self._canvas = plan, canvas
        self.window = part.window
        if plan.period > 1:
            self.window = view.aligned(part.window, canvas.height, canvas.width, plan.period)
        sides = (self.window.height, self.window.width)
        self._sides = sides[::-1] if view.transpose else sides
        self.shape = plan.requirements.fit(*self._sides)

    def read(self, device: torch.device) -> torch.Tensor:
        """Return what the network sees, padded."""
        seen = self.view.apply(self._canvas.read(self.window, device))
        return pad_to_fit(seen, self.plan.requirements)

    def cut(self, output: torch.Tensor) -> torch.Tensor:
        """Return what of the network's output belongs to the region, the right way round."""
        region, window = self.part.region, self.window
        upright = self.view.undo(output[:, : self._sides[0], : self._sides[1]]).float()
        found = upright[
            :,
            region.top - window.top : region.bottom - window.top,
            region.left - window.left : region.right - window.left,
        ]
        return found.clamp(0, 1) if self.plan.clamps else found


def _overlap(side: int, period: int) -> int:
    return -(-max(int(side * _OVERLAP), _LEAST_OVERLAP) // period) * period

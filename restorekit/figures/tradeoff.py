"""Draw quality against cost, from results files, with the methods that nothing beats in both."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from restorekit.errors import ConfigError, DataError, UnknownNameError, did_you_mean
from restorekit.evaluation.schema import RAINY_INPUT, Results

from .labels import place_labels
from .style import COLORS, GREY, MARKERS, SINGLE_COLUMN, check_width, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Cost(NamedTuple):
    """A cost of a method: its field in results files, and the label of its axis."""

    field: str
    label: str


#: What may stand on the horizontal axis.
COSTS = {
    "macs": Cost("macs_per_pixel", "MACs per pixel"),
    "parameters": Cost("parameters", "parameters"),
    "seconds": Cost("seconds_per_image", "seconds per image"),
    "memory": Cost("peak_memory_mb", "peak memory (MB)"),
}
#: Height as a share of the width, and margins in millimetres: left, bottom, right, top.
_PROPORTION = 0.72
_MARGINS = (12.0, 9.0, 3.0, 3.0)
#: Room around the points, as a share of the axes, so that labels fit.
_ROOM = 0.14
#: Extent of the axes where all points have the same cost (in decades) or quality (as a share).
_LEAST_DECADES, _LEAST_SPAN = 1.0, 0.01
#: Axes of fewer decades are numbered at 1, 2 and 5, others at powers of ten.
_FEW_DECADES = 3


class Method(NamedTuple):
    """A method in the figure.

    Attributes:
        label: Its name.
        cost: Its cost, the mean of its results files.
        quality: Its quality, the mean of its results files.
        deviation: Standard deviation of the quality over several results files (n − 1), or 0.
    """

    label: str
    cost: float
    quality: float
    deviation: float


def scatter(
    results: Sequence[Results], key: str, *, against: str = "macs", width: float = SINGLE_COLUMN
) -> Figure:
    """Draw the quality of methods against their cost.

    The Pareto front is drawn as steps. Its methods are filled: no other method is at least as good
    at no higher cost. Several results files of one method, such as those of several seeds, become a
    mean with one standard deviation on each side. The rainy input is left out.

    Args:
        results: Results on one test set.
        key: The measured quantity, such as ``psnr/rgb_float``.
        against: The cost: ``macs``, ``parameters``, ``seconds`` or ``memory``.
        width: Width of the figure in millimetres.

    Returns:
        The figure, for :func:`~restorekit.figures.save`.

    Raises:
        ConfigError: If an argument cannot be used.
        UnknownNameError: If there is no such cost, or results lack the quantity.
        DataError: If the results are of several test sets, lack the cost, or their times are of
            several devices.

    Example:
        >>> from restorekit.evaluation.results import build_results
        >>> dataset = dict(name="mine", fingerprint="0" * 64, num_images=1)
        >>> results = [
        ...     build_results(name, dataset, {"rgb_u8": {"psnr": {"a": psnr}, "ssim": {"a": 0.9}}},
        ...                   cost=dict(parameters=parameters, macs_per_pixel=100.0))
        ...     for name, psnr, parameters in (("Small", 30.0, 10**5), ("Large", 31.0, 10**6))]
        >>> scatter(results, "psnr/rgb_u8", against="parameters").axes[0].get_xlabel()
        'parameters'
    """
    check_width(width)
    methods = find_methods(results, key, against)
    sample = next(one.measures[key] for one in results if key in one.measures)
    sign = sample.sign
    front = pareto_front(methods, sign)
    height = _PROPORTION * width
    with style():
        figure = new_figure(width, height)
        left, bottom, right, top = _MARGINS
        axes = figure.add_axes(
            (
                left / width,
                bottom / height,
                (width - left - right) / width,
                (height - bottom - top) / height,
            )
        )
        _draw(axes, methods, front)
        axes.set_xlabel(COSTS[against].label)
        better = "" if sample.higher_is_better else ", lower is better"
        way = sample.protocol or sample.variant
        axes.set_ylabel(f"{sample.title}{better}" + (f", {way}" if way else ""), parse_math=False)
        _limits(axes, methods)
        points = [(one.cost, one.quality, one.label) for one in methods]
        place_labels(figure, axes, points, _steps(front))
    return figure


def find_methods(results: Sequence[Results], key: str, against: str) -> list[Method]:
    """Return the methods with their costs; see :func:`scatter` for arguments and errors."""
    if against not in COSTS:
        raise UnknownNameError(
            f"{against!r} is not a cost.{did_you_mean(against, COSTS)} There are "
            f"{', '.join(COSTS)}."
        )
    grouped: dict[str, list[Results]] = {}
    for one in results:
        if one.method != RAINY_INPUT:
            grouped.setdefault(one.method, []).append(one)
    if not grouped:
        raise ConfigError("There are no methods to draw: name results files of some.")
    used = [one for own in grouped.values() for one in own]
    sets = {one.dataset.fingerprint: one.dataset.name for one in used}
    if len(sets) > 1:
        raise DataError(
            f"The results are of {len(sets)} test sets ({', '.join(sets.values())}), whose numbers "
            "do not compare: give those of one."
        )
    devices = {str(one.settings.get("device", "an unknown device")) for one in used}
    if against == "seconds" and len(devices) > 1:
        raise DataError(
            f"The times were taken on different devices ({', '.join(sorted(devices))}), so they "
            "do not compare: test on one, or draw another cost."
        )
    return [_method(label, own, key, against) for label, own in grouped.items()]


def pareto_front(methods: Sequence[Method], sign: int) -> list[Method]:
    """Return the methods that no other one beats, the cheapest first.

    Args:
        methods: The methods.
        sign: 1 if higher quality is better, otherwise -1.
    """

    def beaten(one: Method) -> bool:
        return any(
            other.cost <= one.cost
            and sign * other.quality >= sign * one.quality
            and (other.cost, other.quality) != (one.cost, one.quality)
            for other in methods
        )

    return sorted((one for one in methods if not beaten(one)), key=lambda one: one.cost)


def _method(label: str, own: Sequence[Results], key: str, against: str) -> Method:
    costs, qualities = [], []
    for one in own:
        cost = getattr(one.cost, COSTS[against].field)
        if not cost:
            raise DataError(
                f"The results of {label} do not know its {COSTS[against].label}: write them with "
                f"`restorekit test`, or draw another cost ({', '.join(COSTS)})."
            )
        if key not in one.measures:
            raise UnknownNameError(
                f"The results of {label} have no {key!r}.{did_you_mean(key, one.measures)} They "
                f"have {', '.join(one.measures)}."
            )
        costs.append(float(cost))
        qualities.append(one.measures[key].mean)
    deviation = statistics.stdev(qualities) if len(qualities) > 1 else 0.0
    return Method(label, statistics.mean(costs), statistics.mean(qualities), deviation)


def _draw(axes: Axes, methods: Sequence[Method], front: Sequence[Method]) -> None:
    axes.set_xscale("log")
    for index, one in enumerate(methods):
        color = COLORS[index % len(COLORS)]
        axes.errorbar(
            one.cost,
            one.quality,
            yerr=one.deviation or None,
            color=color,
            elinewidth=0.8,
            capsize=1.5,
            marker=MARKERS[index % len(MARKERS)],
            markersize=5,
            markerfacecolor=color if one in front else "white",
        )
    axes.plot(*zip(*_steps(front), strict=True), color=GREY, linewidth=0.8, zorder=1)


def _steps(front: Sequence[Method]) -> list[tuple[float, float]]:
    """Return the corners of the line that joins the front in steps."""
    corners = [(one.cost, one.quality) for one in front]
    for index in range(len(front) - 1, 0, -1):
        corners.insert(index, (front[index].cost, front[index - 1].quality))
    return corners


def _limits(axes: Axes, methods: Sequence[Method]) -> None:
    """Leave room around the points, and number few decades at 1, 2 and 5."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

    costs = [math.log10(one.cost) for one in methods]
    ends = [one.quality + side * one.deviation for one in methods for side in (-1, 1)]
    low, high = _widened(costs, _LEAST_DECADES)
    axes.set_xlim(10**low, 10**high)
    axes.set_ylim(*_widened(ends, abs(ends[0]) * _LEAST_SPAN or _LEAST_SPAN))
    subdivisions = (1.0, 2.0, 5.0) if high - low < _FEW_DECADES else (1.0,)
    axes.xaxis.set_major_locator(LogLocator(subs=subdivisions))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_minor_locator(NullLocator())


def _widened(values: Sequence[float], least: float) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = _ROOM * max(high - low, least)
    return low - room, high + room

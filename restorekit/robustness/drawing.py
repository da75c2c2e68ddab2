"""Figures of a robustness report: the mean of a measure along an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from restorekit.evaluation.schema import RAINY_INPUT
from restorekit.figures.style import COLORS, DASHES, GREY, MARKERS, new_figure, style
from restorekit.leaderboard.statistics import mean_interval

from .conditions import AXES
from .measuring import Measured

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Size of a figure in millimetres, and pixels per inch.
_WIDTH, _HEIGHT, _DPI = 110.0, 66.0, 180


def axis_figure(measured: Measured, axis: str) -> Figure:
    """Draw the deciding measure of all methods along an axis, with 95 % intervals of the means.

    Args:
        measured: What was measured.
        axis: A key of :data:`~restorekit.robustness.conditions.AXES`. Images without rain are left
            out: their input has no error, whose PSNR would stretch the scale.
    """
    measure = measured.deciding
    found = [one for one in measured.conditions if one.axis == axis and not one.is_dry]
    numbers = [one.number for one in found]
    numeric = None not in numbers
    with style():
        figure = new_figure(_WIDTH, _HEIGHT, _DPI)
        figure.set_layout_engine("constrained")
        axes = figure.subplots()
        positions = [float(index) if x is None else x for index, x in enumerate(numbers)]
        for number, label in enumerate(measured.labels):
            rainy = label == RAINY_INPUT
            values = [list(measured.of(one, label, measure.name).values()) for one in found]
            means = [measured.mean(one, label, measure.name) for one in found]
            halves = [
                0.0 if (one := mean_interval(own)) is None else (one[1] - one[0]) / 2
                for own in values
            ]
            # Points of categories stand beside each other; those of numbers are where they are.
            offset = 0 if numeric else (number - (len(measured.labels) - 1) / 2) * 0.12
            axes.errorbar(
                [x + offset for x in positions],
                means,
                yerr=halves,
                label=label,
                color=GREY if rainy else COLORS[(number - 1) % len(COLORS)],
                linestyle=(DASHES[number % len(DASHES)] if numeric else "none"),
                marker=MARKERS[number % len(MARKERS)],
                elinewidth=0.6,
                capsize=1.5,
            )
        if not numeric:
            axes.set_xticks(positions, [one.value for one in found])
        else:
            axes.set_xticks(positions, [f"{x:g}" for x in positions])
        if axis == "strength":
            axes.set_xscale("log")
            axes.set_xticks(positions, [f"{x:,.0f}" for x in positions])
            axes.minorticks_off()
        unit = f" ({measure.unit})" if measure.unit else ""
        axes.set_xlabel(AXES[axis].label)
        axes.set_ylabel(f"{measure.label}{unit}, {measured.protocol.name}")
        # Above the panel, where it hides no point.
        legend = figure.legend(loc="outside upper left", ncols=3)
        for text in legend.get_texts():
            text.set_parse_math(False)
    return figure

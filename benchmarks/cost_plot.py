"""The plot of ``python -m benchmarks cost``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from restorekit.figures import save
from restorekit.figures.style import COLORS, DASHES, FONT_SIZE, MARKERS, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Side of a panel in millimetres.
_PANEL = 60.0


class Point(NamedTuple):
    """One measurement: the varied quantity, its value, the task, and the time it took."""

    varied: str
    value: int
    task: str
    seconds: float


def draw(file: str, title: str, labels: Mapping[str, str], points: Sequence[Point]) -> None:
    """Draw a panel for each varied quantity, with a line for each task.

    Args:
        file: Picture to write, ``.svg``, ``.pdf`` or ``.png``.
        title: Title of the picture.
        labels: Varied quantities, with the labels of their axes.
        points: The measurements.
    """
    varied = [name for name in labels if any(point.varied == name for point in points)]
    with style():
        figure = new_figure(_PANEL * len(varied), _PANEL)
        figure.set_layout_engine("constrained")
        figure.suptitle(title, size=FONT_SIZE)
        panels = figure.subplots(1, len(varied), sharey=True, squeeze=False)[0]
        panels[0].set_ylabel("seconds")
        for panel, name in zip(panels, varied, strict=True):
            _draw_panel(panel, name, [point for point in points if point.varied == name])
            panel.set_xlabel(labels[name])
        panels[0].legend()
    save(figure, file)


def _draw_panel(panel: Axes, name: str, own: Sequence[Point]) -> None:
    for index, task in enumerate(dict.fromkeys(point.task for point in own)):
        line = sorted((point.value, point.seconds) for point in own if point.task == task)
        panel.loglog(
            *zip(*line, strict=True),
            marker=MARKERS[index],
            color=COLORS[index],
            linestyle=DASHES[index],
            label=task,
        )
        # Images grow with the square of their sides.
        power = 2 if name == "sides" else 1
        (first, start), (last, _) = line[0], line[-1]
        ends = [start, start * (last / first) ** power]
        panel.loglog([first, last], ends, color="0.7", linestyle="--", zorder=0)
    values = sorted({point.value for point in own})
    panel.set_xticks(values, list(map(str, values)))
    panel.minorticks_off()

"""The plot of ``python -m benchmarks cost``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from restorekit.io.files import atomic_path


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
    from matplotlib.figure import Figure

    varied = [name for name in labels if any(point.varied == name for point in points)]
    figure = Figure(figsize=(3.4 * len(varied), 3.4), layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(1, len(varied), sharey=True, squeeze=False)[0]
    panels[0].set_ylabel("seconds")
    for panel, name in zip(panels, varied, strict=True):
        own = [point for point in points if point.varied == name]
        for task in dict.fromkeys(point.task for point in own):
            line = sorted((point.value, point.seconds) for point in own if point.task == task)
            panel.loglog(*zip(*line, strict=True), marker="o", markersize=4, label=task)
            # Images grow with the square of their sides.
            power = 2 if name == "sides" else 1
            (first, start), (last, _) = line[0], line[-1]
            ends = [start, start * (last / first) ** power]
            panel.loglog([first, last], ends, color="0.7", linewidth=1, linestyle="--", zorder=0)
        values = sorted({point.value for point in own})
        panel.set_xticks(values, list(map(str, values)))
        panel.minorticks_off()
        panel.set_xlabel(labels[name])
    panels[0].legend(frameon=False)
    with atomic_path(Path(file)) as temporary:
        figure.savefig(temporary)

"""Curves over trainings: one training for its own folder, several ones for a paper."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from restorekit.errors import ConfigError, DataError, UnknownNameError, did_you_mean
from restorekit.evaluation.history import Point, read_history, series
from restorekit.metrics.measures import known_measures

from .saving import save
from .style import COLORS, DASHES, SINGLE_COLUMN, check_width, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

Run = str | os.PathLike[str]
#: What may stand on the horizontal axis, with its label.
COUNTS = {"iter": "iteration", "epoch": "epoch"}
#: Height of a panel as a share of its width.
_PROPORTION = 0.68
#: Size of the picture in a training's folder: millimetres and pixels per inch.
_HISTORY_WIDTH, _HISTORY_HEIGHT, _HISTORY_DPI = 180.0, 60.0, 120


@dataclass(frozen=True)
class Curve:
    """The values of one key over trainings that differ in their seed only.

    Attributes:
        label: What the legend calls it.
        x: Iterations or epochs that all of the trainings have.
        raw: Mean of the trainings there.
        mean: The same, smoothed.
        deviation: Standard deviation of the smoothed trainings (n − 1); None for a single one.
    """

    label: str
    x: npt.NDArray[np.int64]
    raw: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]
    deviation: npt.NDArray[np.float64] | None


def curves(
    runs: Mapping[str, Sequence[Run]],
    keys: Sequence[str],
    *,
    smooth: int = 1,
    x: str = "iter",
    width: float = SINGLE_COLUMN,
) -> Figure:
    r"""Draw keys of the histories of trainings, a panel each.

    Several trainings with one label become their mean, with a band of one standard deviation on
    each side.

    Args:
        runs: Label to the folders of its trainings, or to their ``history.csv``.
        keys: What to draw, such as ``psnr/rgb_float`` or ``loss``.
        smooth: Odd number of neighbouring points whose mean is drawn; fewer at the ends. With
            more than one, the values themselves are drawn faintly behind.
        x: What is counted, ``iter`` or ``epoch``.
        width: Width of the figure in millimetres.

    Returns:
        The figure, for :func:`~restorekit.figures.save`.

    Raises:
        ConfigError: If an argument cannot be used.
        UnknownNameError: If a training has no such key.
        DataError: If there is no history, or trainings of one label share no iteration.

    Example:
        >>> from pathlib import Path
        >>> text = "iter,phase,loss\n10,train,0.30\n20,train,0.25\n"
        >>> _ = Path("history.csv").write_text(text)
        >>> len(curves({"First": ["history.csv"]}, ["loss"]).axes)
        1
    """
    check_width(width)
    if not runs or not keys:
        raise ConfigError("There are no curves without trainings and keys: name one of each.")
    if smooth < 1 or smooth % 2 == 0:
        raise ConfigError(f"Values are smoothed over an odd number of points, not {smooth}.")
    if x not in COUNTS:
        raise ConfigError(f"Curves run over {' or '.join(COUNTS)}, not {x!r}.")
    found = {
        key: [read_curve(label, own, key, smooth=smooth, x=x) for label, own in runs.items()]
        for key in keys
    }
    with style():
        figure = new_figure(width, width / len(keys) * _PROPORTION)
        figure.set_layout_engine("constrained")
        panels = figure.subplots(1, len(keys), squeeze=False)[0]
        for axes, (key, drawn) in zip(panels, found.items(), strict=True):
            lines = _draw(axes, drawn, smooth > 1)
            axes.set_xlabel(COUNTS[x])
            axes.set_ylabel(axis_label(key), parse_math=False)
            axes.xaxis.set_major_formatter(_thousands())
            if axes is panels[0]:
                _legend(axes, lines, drawn)
    return figure


def read_curve(
    label: str, runs: Sequence[Run], key: str, *, smooth: int = 1, x: str = "iter"
) -> Curve:
    """Return the curve of one label; see :func:`curves` for the arguments and errors."""
    own = [dict(_points(run, key, x)) for run in runs]
    common = sorted(set(own[0]).intersection(*own[1:])) if own else []
    if not common:
        raise DataError(
            f"The trainings of {label} have no {COUNTS[x]} in common at which {key} is known: give "
            "those that were validated at the same ones."
        )
    raw = np.array([[points[one] for one in common] for points in own])
    smoothed = np.stack([smoothen(values, smooth) for values in raw])
    deviation = smoothed.std(axis=0, ddof=1) if len(own) > 1 else None
    return Curve(label, np.array(common), raw.mean(axis=0), smoothed.mean(axis=0), deviation)


def smoothen(values: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.float64]:
    """Return the mean of up to ``count`` values centred at each; fewer, but centred, at the ends.

    Args:
        values: (N,).
        count: An odd number.
    """
    sums = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    reach = np.minimum(count // 2, np.minimum(index, index[::-1]))
    means: npt.NDArray[np.float64] = (sums[index + reach + 1] - sums[index - reach]) / (
        2 * reach + 1
    )
    return means


def draw_history(path: str | os.PathLike[str], rows: Sequence[Mapping[str, str]]) -> None:
    """Draw the training loss and each measure of the validation over the iterations.

    One panel for the losses, then one a measure (PSNR for ``psnr/rgb_u8``) with a line for each
    metric of that measure. Nothing is written where there are no values.

    Args:
        path: The picture.
        rows: The history of one training.
    """
    losses = {key for row in rows if row["phase"] == "train" for key, value in row.items() if value}
    panels: dict[str, list[Curve]] = {}
    for key, points in series(rows).items():
        if not key.endswith("lr"):
            steps, values = np.array([x for x, _ in points]), np.array([y for _, y in points])
            curve = Curve(key, steps, values, values, None)
            panels.setdefault("loss" if key in losses else panel_of(key), []).append(curve)
    if not panels:
        return
    with style():
        figure = new_figure(_HISTORY_WIDTH, _HISTORY_HEIGHT * len(panels), _HISTORY_DPI)
        figure.set_layout_engine("constrained")
        axes_of = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (panel, drawn) in zip(axes_of, panels.items(), strict=True):
            _legend(axes, _draw(axes, drawn, False), drawn)
            axes.set_ylabel(axis_label(panel), parse_math=False)
            axes.xaxis.set_major_formatter(_thousands())
        axes_of[-1].set_xlabel(COUNTS["iter"])
    save(figure, path)


def panel_of(key: str) -> str:
    """Return a metric's key up to the name of its measure, which its panel is for."""
    parts = key.split("/")
    measures = known_measures()
    ends = [index + 1 for index, part in enumerate(parts) if part in measures]
    return "/".join(parts[: ends[0]]) if ends else key.rsplit("/", 1)[0]


def axis_label(key: str) -> str:
    """Return what is written beside values of a key: label, unit, direction, protocol."""
    *dataset, name = panel_of(key).split("/")
    measure = known_measures().get(name)
    if measure is None:
        return key
    unit = f" ({measure.unit})" if measure.unit else ""
    better = "" if measure.higher_is_better else ", lower is better"
    way = key.removeprefix(panel_of(key)).lstrip("/")
    return " ".join([*dataset, f"{measure.label}{unit}{better}"]) + (f", {way}" if way else "")


def _points(run: Run, key: str, x: str) -> list[Point]:
    """Return the values of a key in the history of a training."""
    path = Path(run)
    path = path / "history.csv" if path.is_dir() else path
    rows = read_history(path)
    if not rows:
        raise DataError(
            f"{path} holds no history of a training: give the folder of one (work_dirs/NAME), "
            "which MetricHistoryHook fills in."
        )
    known = series(rows, x)
    if not known:
        raise ConfigError(f"{path} does not count by {x}: use another one of {', '.join(COUNTS)}.")
    if key not in known:
        raise UnknownNameError(
            f"{path} has no values of {key!r}.{did_you_mean(key, known)} There are "
            f"{', '.join(known)}."
        )
    return known[key]


def _draw(axes: Axes, drawn: Sequence[Curve], smoothed: bool) -> list[Line2D]:
    """Draw curves; return their lines, for a legend."""
    lines = []
    for index, curve in enumerate(drawn):
        color, dashes = COLORS[index % len(COLORS)], DASHES[index % len(DASHES)]
        if curve.deviation is not None:
            ends = curve.mean - curve.deviation, curve.mean + curve.deviation
            axes.fill_between(curve.x, *ends, color=color, alpha=0.18, linewidth=0)
        if smoothed:
            axes.plot(curve.x, curve.raw, color=color, alpha=0.3, linewidth=0.5)
        marker = "o" if len(curve.x) == 1 else None
        lines += axes.plot(curve.x, curve.mean, color=color, linestyle=dashes, marker=marker)
    return lines


def _legend(axes: Axes, lines: Sequence[Line2D], drawn: Sequence[Curve]) -> None:
    """Name the lines; any text is shown as it is."""
    # Matplotlib hides labels that begin with an underscore, and reads $ as mathematics.
    legend = axes.legend(lines, [str(index) for index in range(len(lines))])
    for text, curve in zip(legend.get_texts(), drawn, strict=True):
        text.set_parse_math(False)
        text.set_text(curve.label)


def _thousands() -> Any:
    from matplotlib.ticker import EngFormatter

    return EngFormatter(sep="")

"""The table behind ``history.csv`` and the curves drawn from it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from restorekit.errors import DataError
from restorekit.io.files import atomic_path, write_text
from restorekit.metrics.measures import known_measures

Row = dict[str, str]
_FIRST = ("iter", "epoch", "phase", "lr", "loss")


def read_history(path: str | os.PathLike[str]) -> list[Row]:
    """Return the rows of ``path``; none if there is no such file.

    A kill may have cut off the last line, which then does not end: it is left out.

    Raises:
        DataError: If the file is no history, so that it is not overwritten by one.
    """
    file = Path(path)
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as stream:
        text = stream.read()
    rows = list(csv.DictReader(io.StringIO(text), restval=""))
    for number, row in enumerate(rows, start=2):
        if not (row.get("iter") or "").isdigit():
            raise DataError(
                f"{file}, line {number}: the column 'iter' must hold a whole number, not "
                f"{row.get('iter')!r}; move the file away to start a new history."
            )
    return rows if text.endswith("\n") else rows[:-1]


def columns_of(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the columns of a table with these rows."""
    present = {key: None for row in rows for key in row}
    columns = [key for key in _FIRST if key in present]
    return columns + [key for key in present if key not in _FIRST]


def append_row(
    path: str | os.PathLike[str], columns: Sequence[str], row: Mapping[str, str]
) -> None:
    """Add a row to the table of a file, onto the disk."""
    with Path(path).open("a", newline="", encoding="utf-8") as stream:
        csv.DictWriter(stream, columns, restval="", lineterminator="\n").writerow(row)
        stream.flush()
        os.fsync(stream.fileno())


def write_history(path: str | os.PathLike[str], rows: Sequence[Mapping[str, str]]) -> None:
    """Write ``rows`` as CSV, atomically; a key that a row lacks is an empty field."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns_of(rows), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def draw_history(path: str | os.PathLike[str], rows: Sequence[Mapping[str, str]]) -> None:
    """Draw the training loss and each measure of the validation over the iterations.

    One panel for the losses, then one a measure (PSNR for ``psnr/rgb_u8``) with a line for each
    metric of that measure.
    """
    # Slow to import, and mmengine needs it only where it draws, too.
    from matplotlib.figure import Figure

    panels = _panels(rows)
    if not panels:
        return
    figure = Figure(figsize=(8, 2.6 * len(panels)), layout="constrained")
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axis, (title, lines) in zip(axes, panels.items(), strict=True):
        for label, points in lines.items():
            axis.plot(*zip(*points, strict=True), label=label, marker=".", linewidth=1)
        axis.set_ylabel(_title(title))
        axis.grid(alpha=0.3)
        axis.legend(fontsize="small")
    axes[-1].set_xlabel("iteration")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=100)


def _panels(
    rows: Sequence[Mapping[str, str]],
) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """Sort the values into panels, lines and points."""
    losses = {key for row in rows if row["phase"] == "train" for key, value in row.items() if value}
    panels: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for row in rows:
        training = row["phase"] == "train"
        for key, value in row.items():
            if not value or key in ("iter", "epoch", "phase") or key.endswith("lr"):
                continue
            if not training and (key in losses or key == "loss"):
                continue  # the mean of the same losses that the train rows show
            panel = "loss" if training else _panel(key)
            points = panels.setdefault(panel, {}).setdefault(key, [])
            points.append((int(row["iter"]), float(value)))
    return panels


def _panel(key: str) -> str:
    """Return a metric's key up to the name of its measure, which its panel is for."""
    parts = key.split("/")
    measures = known_measures()
    ends = [place + 1 for place, part in enumerate(parts) if part in measures]
    return "/".join(parts[: ends[0]]) if ends else key.rsplit("/", 1)[0]


def _title(panel: str) -> str:
    """Return what is written beside a panel: of a measure its label, unit and direction."""
    *dataset, name = panel.split("/")
    measure = known_measures().get(name)
    if measure is None:
        return panel
    unit = f" ({measure.unit})" if measure.unit else ""
    better = "" if measure.higher_is_better else ", lower is better"
    return " ".join([*dataset, f"{measure.label}{unit}{better}"])

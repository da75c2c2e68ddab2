"""The chapters of a robustness report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from restorekit.evaluation.schema import RAINY_INPUT
from restorekit.figures import save
from restorekit.io.terminal import counted
from restorekit.leaderboard import Chapter, Figure, Table
from restorekit.leaderboard.render.cells import (
    Cell,
    Column,
    Item,
    Number,
    Text,
    best_of,
    cell,
    difference,
    second_of,
)
from restorekit.leaderboard.statistics import CONFIDENCE, mean_interval
from restorekit.metrics.measures import Measure
from restorekit.metrics.plan import mean

from .conditions import AXES, Condition
from .drawing import axis_figure
from .failures import Failure
from .matrix import Matrix
from .measuring import Measured


def _title(measured: Measured, measure: Measure) -> str:
    unit = f" ({measure.unit})" if measure.unit else ""
    return f"{measure.label}{unit}, {measured.protocol.name}"


def overview_chapter(measured: Measured) -> Chapter:
    """Say for each network how much it gains, and where most and least."""
    measure = measured.deciding
    wet = [one for one in measured.conditions if not one.is_dry]
    dry = [one for one in measured.conditions if one.is_dry]
    rows: dict[str, list[Cell]] = {key: [] for key in ("mean", "most", "least", "worse", "dry")}
    labels = measured.labels[1:]
    for label in labels:
        gains = {one.key: measured.gains(one, label, measure.name) for one in wet}
        means = {key: mean(own.values()) for key, own in gains.items()}
        every = [gain for own in gains.values() for gain in own.values()]
        rows["mean"].append(cell(difference(mean(means.values()), measure.digits)))
        for name, pick in (("most", max), ("least", min)):
            key = pick(means, key=means.__getitem__)
            axis, _, value = key.partition("-")
            where = f"{axis} {value.replace('-', '−')}"
            number = difference(means[key], measure.digits)
            rows[name].append(Cell((Item((number,)), Item((Text(where),))), means[key]))
        share = sum(gain < 0 for gain in every) / len(every)
        rows["worse"].append(cell(Number(100 * share, 1)))
        clean = [measured.mean(one, label, measure.name) for one in dry]
        rows["dry"].append(cell(Number(clean[0], measure.digits) if clean else None))
    unit = f" ({measure.unit})" if measure.unit else ""
    titles = {
        "mean": f"mean gain{unit}",
        "most": f"largest gain{unit}",
        "least": f"smallest gain{unit}",
        "worse": "images made worse (%)",
        "dry": f"{measure.label} without rain{unit}",
    }
    columns = [Column("method", "network", tuple(cell(Text(one)) for one in labels), words=True)]
    columns += [
        Column(key, titles[key], tuple(cells), highest_first=key != "worse", in_paper=True)
        for key, cells in rows.items()
    ]
    return Chapter(
        "At a glance",
        (
            f"A gain is how much better than its input the restored image is in {measure.label} "
            f"under `{measured.protocol.name}`. The mean is over {counted(len(wet), 'condition')}.",
        ),
        (Table(tuple(columns), _title(measured, measure)),),
    )


def axis_chapter(folder: Path, measured: Measured, axis: str) -> Chapter:
    """Return the tables of an axis; its figure is written into ``folder``."""
    found = [one for one in measured.conditions if one.axis == axis]
    files = save(
        axis_figure(measured, axis), *(folder / f"{axis}{end}" for end in (".png", ".svg"))
    )
    first = Column(axis, AXES[axis].label, tuple(map(_value, found)), words=axis == "kind")
    tables = [
        Table(
            (first, *(_method(measured, found, label, measure) for label in measured.labels)),
            _title(measured, measure),
        )
        for measure in measured.measures.values()
    ]
    base = AXES[axis].base
    notes = [_sentence(measured, found)]
    if base is not None:
        notes.append(f"Everywhere else, this is {base:g} {AXES[axis].label}.")
    figure = Figure(
        f"{_title(measured, measured.deciding)} by {AXES[axis].label}; bars are "
        f"{CONFIDENCE:.0%} intervals of the means.",
        files[0].read_bytes(),
        tuple(file.name for file in files),
    )
    return Chapter(AXES[axis].title, (), tuple(tables), (figure,), tuple(notes))


def _value(condition: Condition) -> Cell:
    if condition.number is None:
        return cell(Text(condition.value))
    return cell(Number(condition.number, grouped=True))


def _words(condition: Condition) -> str:
    return condition.value.replace("-", "−")


def _method(measured: Measured, found: Sequence[Condition], label: str, measure: Measure) -> Column:
    """Return the column of a method; the best of each row is marked."""
    methods = measured.labels[1:] if len(measured.labels) > 2 else []
    cells = []
    for condition in found:
        values = list(measured.of(condition, label, measure.name).values())
        interval = mean_interval(values)
        half = None if interval is None else (interval[1] - interval[0]) / 2
        own = mean(values)
        others = [measured.mean(condition, one, measure.name) for one in methods]
        best, second = (
            label in methods and choose(others, measure.higher_is_better)[methods.index(label)]
            for choose in (best_of, second_of)
        )
        number = Number(own, measure.digits, plus_minus=half)
        cells.append(Cell((Item((number,)),), own, best, second))
    return Column(
        f"method:{label}",
        label,
        tuple(cells),
        highest_first=measure.higher_is_better,
        in_paper=True,
    )


def _sentence(measured: Measured, found: Sequence[Condition]) -> str:
    """Say where along an axis each network gains least."""
    measure = measured.deciding
    wet = [one for one in found if not one.is_dry]
    parts = []
    for label in measured.labels[1:]:
        gains = {one: mean(measured.gains(one, label, measure.name).values()) for one in wet}
        least = min(wet, key=gains.__getitem__)
        most = max(wet, key=gains.__getitem__)
        low, high = (difference(gains[one], measure.digits).text("−") for one in (least, most))
        unit = f" {measure.unit}" if measure.unit else ""
        parts.append(
            f"{label} gains {low}{unit} at {_words(least)} (least) and {high}{unit} at "
            f"{_words(most)} (most) over its input."
        )
    return " ".join(parts)


def matrix_chapter(matrix: Matrix) -> Chapter:
    """Return the table of training sets against test sets."""
    columns = [
        Column("method", "method", tuple(cell(Text(row[0])) for row in matrix.rows), words=True),
        Column(
            "trained_on", "trained on", tuple(cell(Text(row[1])) for row in matrix.rows), words=True
        ),
    ]
    measure = matrix.measure
    several = False
    for key, title in matrix.columns.items():
        values = [matrix.value(row, key) for row in matrix.rows]
        ranked = [
            None if row[0] == RAINY_INPUT else one
            for row, one in zip(matrix.rows, values, strict=True)
        ]
        marks = zip(
            best_of(ranked, measure.higher_is_better),
            second_of(ranked, measure.higher_is_better),
            strict=True,
        )
        several = several or any(len(matrix.means.get((row, key), ())) > 1 for row in matrix.rows)
        cells = [
            Cell()
            if one is None
            else Cell((Item((Number(one, measure.digits),)),), one, best, second)
            for one, (best, second) in zip(values, marks, strict=True)
        ]
        columns.append(
            Column(
                f"test:{key}", title, tuple(cells),
                highest_first=measure.higher_is_better, in_paper=True,
            )
        )  # fmt: skip
    unit = f" ({measure.unit})" if measure.unit else ""
    lead = f"{measure.label}{unit} under `{matrix.protocol}`, from results files."
    if several:
        lead += " Several trainings of one method on one set are averaged."
    return Chapter(
        "Training sets against test sets",
        (lead,),
        (Table(tuple(columns)),) if matrix.columns else (),
        (),
        matrix.left_out,
    )


def failures_chapter(measured: Measured, failures: Sequence[Failure], gallery: Path) -> Chapter:
    """Return the list of failures, with the figure of them."""
    measure = measured.deciding
    columns = (
        Column("method", "network", tuple(cell(Text(one.label)) for one in failures), words=True),
        Column(
            "condition",
            "condition",
            tuple(cell(Text(f"{one.condition.axis} {_words(one.condition)}")) for one in failures),
            words=True,
        ),
        Column("photo", "photograph", tuple(cell(Text(one.photo)) for one in failures), words=True),
        Column(
            "gain",
            f"gain, {_title(measured, measure)}",
            tuple(cell(difference(one.gain, measure.digits)) for one in failures),
        ),
    )
    return Chapter(
        "Failures",
        (
            "The images on which each network gains least over its input, or loses: one for each "
            "axis and photograph.",
        ),
        (Table(columns),),
        (
            Figure(
                f"Input, restored images and photograph in the order of the table, with "
                f"{measured.protocol.name} below; the framed part, where they differ most, is "
                "enlarged.",
                gallery.read_bytes(),
                (gallery.name,),
            ),
        ),
    )

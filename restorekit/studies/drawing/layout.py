"""Lay out a table of a study: columns, and the sentences around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from restorekit.leaderboard.render.cells import (
    EMPTY,
    Cell,
    Column,
    Item,
    Number,
    PValue,
    Text,
    best_of,
    cell,
    difference,
    second_of,
)
from restorekit.leaderboard.render.report import Chapter, Table
from restorekit.metrics.measures import find_measure

from ..records import FULL
from .notes import notes
from .order import describe
from .panel import Panel, PanelRow


def chapter(panels: Sequence[Panel]) -> Chapter:
    """Return a table of a study, which has a panel for each test set, as a chapter."""
    table = panels[0].table
    return Chapter(
        title=f"{table.number}: {table.title}" if table.number else table.title,
        lead=tuple(
            describe(order, _where(panel, len(order.rows)))
            for panel in panels
            if (order := panel.order) is not None
        ),
        tables=tuple(Table(_columns(panel), panel.title) for panel in panels),
        notes=tuple(notes(panels)),
    )


def _where(panel: Panel, count: int) -> str:
    """Name the test set of an order of ``count`` rows, and say if these are not all."""
    total = len(panel.rows)
    return panel.where if count == total else f"{panel.where}, as far as {count} of {total} rows go"


def _columns(panel: Panel) -> tuple[Column, ...]:
    labels = tuple(cell(Text(one.row.label)) for one in panel.rows)
    columns = [Column("method", "", labels, words=True)]
    for measure in panel.table.measures:
        columns += _measure_columns(panel, measure)
    columns += [_interval(panel), *_against(panel), _trainings(panel), _images(panel)]
    first, *rest = columns
    return (first, *(one for one in rest if any(cell.items for cell in one.cells)))


def _measure_columns(panel: Panel, measure: str) -> list[Column]:
    kind = find_measure(measure)
    title = f"{kind.label} ({kind.unit})" if kind.unit else kind.label
    theirs = [None if one.published is None else one.published.value(measure) for one in panel.rows]
    ours = [one.measured[measure].mean if one.measured else None for one in panel.rows]

    def column(key: str, heading: str, cells: Iterable[Cell], short: str = "") -> Column:
        higher = kind.higher_is_better
        return Column(key, heading, tuple(cells), highest_first=higher, short_title=short)

    columns = []
    if any(value is not None for value in theirs):
        printed = [
            ()
            if one.published is None or measure not in one.published.printed
            else (Item((Text(one.published.printed[measure]),)),)
            for one in panel.rows
        ]
        cells = map(Cell, printed, theirs, *_marks(theirs, measure))
        heading = f"{title}, {_paper(panel)}"
        columns.append(column(f"{measure}-paper", heading, cells, f"{kind.label}, paper"))
    cells = map(Cell, _items(panel, measure), ours, *_marks(ours, measure))
    filled = (one if one.sort_by is not None else replace(one, hint=panel.command) for one in cells)
    columns.append(column(f"{measure}-here", f"{title}, here", filled, f"{kind.label}, here"))
    if panel.comparable:
        gaps = (
            _gap(one, mine, measure, _digits(panel, measure))
            for one, mine in zip(panel.rows, ours, strict=True)
        )
        columns.append(column(f"{measure}-gap", "gap", gaps))
    return columns


def _gap(one: PanelRow, mine: float | None, measure: str, digits: int) -> Cell:
    """Return measured minus published, with no more decimals than the paper prints."""
    printed = None if one.published is None else one.published.printed.get(measure)
    if mine is None or printed is None:
        return Cell()
    return cell(difference(mine - float(printed), min(digits, len(printed.partition(".")[2]))))


def _marks(values: Sequence[float | None], measure: str) -> tuple[list[bool], list[bool]]:
    """Say for each value whether it is the best, and whether it is the second best."""
    higher = find_measure(measure).higher_is_better
    return best_of(values, higher), second_of(values, higher)


def _items(panel: Panel, measure: str) -> Iterator[tuple[Item, ...]]:
    """Yield what each row's cell shows: mean and spread over trainings, or that it is empty."""
    digits = _digits(panel, measure)
    for one in panel.rows:
        if one.measured:
            measured = one.measured[measure]
            yield (Item((Number(measured.mean, digits, plus_minus=measured.spread),)),)
        else:
            yield (Item((Text(EMPTY),)),)


def _paper(panel: Panel) -> str:
    if panel.comparable:
        return "paper"
    return "paper (other images)" if panel.study.scale == FULL else "paper (full size)"


def _digits(panel: Panel, measure: str) -> int:
    """Return the decimals of a measure's means."""
    known = [one.measured[measure].quantity.digits for one in panel.rows if one.measured]
    return known[0] if known else find_measure(measure).digits


def _interval(panel: Panel) -> Column:
    digits = _digits(panel, panel.deciding)
    cells = []
    for one in panel.rows:
        interval = one.measured[panel.deciding].interval if one.measured else None
        if interval is None:
            cells.append(Cell())
        else:
            low, high = (Number(end, digits).text("−") for end in interval)
            cells.append(Cell((Item((Text(f"{low} to {high}"),)),), interval[0]))
    label = find_measure(panel.deciding).label
    return Column(
        "interval",
        f"95\N{NO-BREAK SPACE}% interval of {label}",
        tuple(cells),
        short_title="95\N{NO-BREAK SPACE}% interval",
    )


def _against(panel: Panel) -> list[Column]:
    if panel.reference is None:
        return []
    kind = find_measure(panel.deciding)
    unit = f" ({kind.unit})" if kind.unit else ""
    name = panel.rows[panel.reference].row.label
    compared = [one.against for one in panel.rows]
    steps = [
        cell(None if one is None else difference(one.difference, _digits(panel, panel.deciding)))
        for one in compared
    ]
    p_values = [cell(None if one is None else PValue(one.p_value)) for one in compared]
    p_over_both = [
        cell(None if one.p_over_both is None else PValue(one.p_over_both)) for one in panel.rows
    ]
    title = f"against {name}{unit}"
    highest_first = kind.higher_is_better
    return [
        Column("against", title, tuple(steps), highest_first=highest_first),
        Column("p_value", "p, images", tuple(p_values)),
        Column("p_both", "p, images and trainings", tuple(p_over_both)),
    ]


def _trainings(panel: Panel) -> Column:
    cells = []
    for one in panel.rows:
        count, expected = len(one.found.results), one.found.expected
        short = not one.found.given and count < expected
        text = f"{count} of {expected}" if short else str(count)
        known = count or expected
        cells.append(cell(Text(text), count) if known else Cell())
    return Column("trainings", "trainings", tuple(cells))


def _images(panel: Panel) -> Column:
    counts = [
        len(one.measured[panel.deciding].images) if one.measured else None for one in panel.rows
    ]
    cells = (cell(None if count is None else Number(count, grouped=True)) for count in counts)
    return Column("images", "images", tuple(cells))

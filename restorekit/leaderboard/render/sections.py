"""Lay out a board as a section of a report: title, tables, and sentences that explain them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from restorekit.catalog import Published, PublishedNumbers
from restorekit.evaluation.results import DatasetRecord, MeasuredQuantity
from restorekit.io.terminal import counted

from ..board import Board, PublishedMatch, build_board, gap_limit
from ..ranking import Entry, Ranking
from ..test_modes import describe_tiles
from .cells import (
    EMPTY,
    NOTHING,
    Cell,
    Column,
    Item,
    Number,
    PValue,
    Text,
    best_of,
    cell,
    difference,
)

#: Fields of a results file's ``cost``, with their titles and how to show their values.
COSTS = {
    "parameters": ("parameters", Number(0, grouped=True)),
    "macs_per_pixel": ("MAC/pixel", Number(0, grouped=True)),
    "seconds_per_image": ("s/image", Number(0, significant=3)),
}


@dataclass(frozen=True)
class Section:
    """A board, laid out for any format.

    Attributes:
        board: The board.
        title: Test set and protocol.
        about: Number of images, and fingerprint.
        columns: The table.
        unmeasured: Table of published methods that were not measured; may be empty.
        shared_run: How all methods were run; empty if that differs.
    """

    board: Board
    title: str
    about: str
    columns: tuple[Column, ...]
    unmeasured: tuple[Column, ...]
    shared_run: str


def make_sections(
    rankings: Sequence[Ranking], references: PublishedNumbers | None = None
) -> list[Section]:
    """Compute and lay out everything that reports show, once for all formats.

    Args:
        rankings: Rankings.
        references: Published numbers to compare with; None for none.
    """
    return [make_section(build_board(ranking, references)) for ranking in rankings]


def make_section(board: Board) -> Section:
    ranking = board.ranking
    first = ranking.measures[0]
    dataset = ranking.dataset
    by = f"protocol {first.protocol}" if first.protocol else qualified(first, with_unit=False)
    runs = {run_with(entry) for entry in ranking.entries if entry.rank is not None}
    return Section(
        board,
        f"{dataset_title(dataset)}, {by}",
        f"{counted(dataset.num_images, 'image')}, fingerprint {dataset.fingerprint[:12]}",
        _filled(_columns(board)),
        _filled(_unmeasured_columns(board)),
        runs.pop() if len(runs) == 1 else "",
    )


def dataset_title(dataset: DatasetRecord) -> str:
    """Return the name of a test set, with its version."""
    return f"{dataset.name} ({dataset.version})" if dataset.version else dataset.name


def qualified(measure: MeasuredQuantity, *, with_unit: bool = True) -> str:
    """Return a measure's label with its protocol or variant."""
    unit = measure.unit if with_unit else ""
    if measure.protocol:
        title = f"{measure.label} ({unit})" if unit else measure.label
        return f"{title}, {measure.protocol}"
    details = ", ".join(filter(None, [unit, measure.variant]))
    return f"{measure.label} ({details})" if details else measure.label


def run_with(entry: Entry) -> str:
    """Say how a method was run: device, precision, tiles and self-ensemble."""
    settings = entry.results.settings
    parts = [str(settings[key]) for key in ("device", "dtype") if settings.get(key)]
    if settings.get("tile"):
        parts.append(describe_tiles(settings["tile"]))
    if settings.get("ensemble"):
        parts.append("self-ensemble")
    return ", ".join(parts)


def gap_warning(ranking: Ranking) -> str:
    """Say which gaps to published numbers are marked."""
    first = ranking.measures[0]
    return f"more than {gap_limit(first):g} {first.unit}".rstrip()


def explanation(sections: Sequence[Section]) -> list[str]:
    """Return the sentences that readers of these tables need."""
    keys = {column.key for section in sections for column in section.columns}
    numbers = [
        value
        for section in sections
        for column in section.columns
        for one in column.cells
        for item in one.items
        for value in item.values
    ]
    sentences = []
    if "leaks" in keys:
        sentences.append(
            "Test images trained on: the number of test images that show a photograph of the "
            "checkpoint's training set."
        )
    if any(isinstance(value, Number) and value.plus_minus is not None for value in numbers):
        sentences.append(
            "± is half of the 95\N{NO-BREAK SPACE}% confidence interval of the mean over images "
            "(Student's t)."
        )
    if "over_next" in keys:
        sentences.append(
            "“The next” is the row below, compared image by image; p is Wilcoxon's signed-rank "
            "test, two-sided, not corrected for the number of rows."
        )
    if "gap" in keys:
        limits = dict.fromkeys(
            gap_warning(section.board.ranking)
            for section in sections
            if any(column.key == "gap" for column in section.columns)
        )
        sentences.append(f"A gap is measured minus published; ! marks {' or '.join(limits)}.")
    return sentences


def _columns(board: Board) -> list[Column]:
    entries, ranking = board.ranking.entries, board.ranking
    first = ranking.measures[0]
    over = "over" if first.higher_is_better else "against"
    unit = f" ({first.unit})" if first.unit else ""
    over_next = [row.over_next for row in board.rows]
    gains = [ranking.gain(entry) for entry in entries]
    steps = [None if one is None else one.difference for one in over_next]
    p_values = [None if one is None else PValue(one.p_value) for one in over_next]
    runs = [run_with(entry) for entry in entries]
    return [
        Column("rank", "rank", tuple(_rank_cell(entry.rank) for entry in entries)),
        Column(
            "method",
            "method",
            tuple(
                Cell((Item((Text(entry.method),)),), entry.method, detail=run)
                for entry, run in zip(entries, runs, strict=True)
            ),
            words=True,
            in_paper=True,
        ),
        Column("leaks", "test images trained on", tuple(map(_leak_cell, entries)), in_paper=True),
        *(_mean_column(board, measure) for measure in ranking.measures),
        Column(
            "gain",
            f"{over} rainy input{unit}",
            _differences(gains, first),
            highest_first=first.higher_is_better,
        ),
        Column(
            "over_next",
            f"{over} the next{unit}",
            _differences(steps, first),
            highest_first=first.higher_is_better,
            in_paper=True,
        ),
        Column("p_value", "p", tuple(map(cell, p_values)), in_paper=True),
        *_published_columns(board),
        *_cost_columns(entries),
        Column("run_with", "run with", tuple(map(_words, runs)), words=True),
    ]


def _filled(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Leave out columns whose cells are all empty."""
    return tuple(column for column in columns if any(one.items for one in column.cells))


def _rank_cell(rank: int | None) -> Cell:
    return NOTHING if rank is None else cell(Number(rank))


def _words(text: str) -> Cell:
    return cell(Text(text)) if text else Cell(sort_by=text)


def _leak_cell(entry: Entry) -> Cell:
    leaks = entry.results.dataset.leaks
    if leaks is None:
        return Cell()
    warning = "test images that show a photograph of the training set"
    return cell(Number(leaks["test_images"]), warning=warning)


def _differences(values: Sequence[float | None], measure: MeasuredQuantity) -> tuple[Cell, ...]:
    return tuple(cell(None if v is None else difference(v, measure.digits)) for v in values)


def _mean_column(board: Board, measure: MeasuredQuantity) -> Column:
    name = measure.measure
    found = [row.entry.measured.get(name) for row in board.rows]
    best = best_of([None if one is None else one.mean for one in found], measure.higher_is_better)
    cells = []
    for row, quantity, is_best in zip(board.rows, found, best, strict=True):
        if quantity is None:
            cells.append(Cell())
            continue
        interval = row.intervals[name]
        plus_minus = None if interval is None else (interval[1] - interval[0]) / 2
        number = Number(quantity.mean, measure.digits, plus_minus=plus_minus)
        cells.append(Cell((Item((number,)),), quantity.mean, is_best))
    return Column(
        measure_key(measure),
        qualified(measure),
        tuple(cells),
        highest_first=measure.higher_is_better,
        short_title=measure.title,
        in_paper=True,
    )


def measure_key(measure: MeasuredQuantity) -> str:
    """Return the key of the column of a measure, which no other column can have."""
    return f"measure:{measure.measure}"


def _published_columns(board: Board) -> list[Column]:
    first = board.ranking.measures[0]
    known = {name for row in board.rows for one in row.published for name in one.published.printed}
    measures = [measure for measure in board.ranking.measures if measure.measure in known]
    labels = " / ".join(measure.label for measure in measures)

    def published(match: PublishedMatch) -> Item:
        printed = match.published.printed
        values = tuple(Text(printed.get(measure.measure, EMPTY)) for measure in measures)
        return Item(values, sources=board.source_numbers(match.published))

    def gap(match: PublishedMatch) -> Item:
        gaps = [(match.gaps.get(measure.measure), measure.digits) for measure in measures]
        values = tuple(difference(value, digits) for value, digits in gaps if value is not None)
        return Item(values, warning=gap_warning(board.ranking) if match.is_far else "")

    numbers, gaps = [], []
    for row in board.rows:
        match = row.published[0] if row.published else None
        numbers.append(
            Cell(
                tuple(map(published, row.published)),
                None if match is None else match.published.value(first.measure),
            )
        )
        gaps.append(
            Cell(
                tuple(map(gap, row.published)),
                None if match is None else match.gaps.get(first.measure),
            )
        )
    return [
        Column("published", f"published {labels}", tuple(numbers), in_paper=True),
        Column("gap", f"gap {labels}", tuple(gaps), in_paper=True),
    ]


def _cost_columns(entries: Sequence[Entry]) -> list[Column]:
    columns = []
    for key, (title, form) in COSTS.items():
        costs = [getattr(entry.results.cost, key) for entry in entries]
        cells = tuple(
            cell(None if cost is None else replace(form, value=cost), cost) for cost in costs
        )
        columns.append(Column(key, title, cells))
    return columns


def _unmeasured_columns(board: Board) -> list[Column]:
    numbers = board.unmeasured
    parameters = [number.cost.get("parameters") for number in numbers]
    return [
        Column(
            "method",
            "method",
            tuple(_words(f"{n.method} {EMPTY} {n.note}" if n.note else n.method) for n in numbers),
            words=True,
        ),
        *(
            Column(
                measure_key(measure),
                qualified(measure),
                tuple(_printed_cell(number, measure.measure) for number in numbers),
                highest_first=measure.higher_is_better,
            )
            for measure in board.ranking.measures
        ),
        Column(
            "parameters",
            "parameters",
            tuple(
                cell(None if one is None else replace(COSTS["parameters"][1], value=one))
                for one in parameters
            ),
        ),
        Column(
            "source",
            "source",
            tuple(
                Cell((Item((), sources=sources),), sources[0])
                for sources in map(board.source_numbers, numbers)
            ),
        ),
    ]


def _printed_cell(number: Published, measure: str) -> Cell:
    printed = number.printed.get(measure)
    return Cell() if printed is None else cell(Text(printed), number.value(measure))

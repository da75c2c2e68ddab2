"""The columns of a board as text, which Markdown, LaTeX and the page share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from restorekit.catalog import Published

from ..board import Board, Line
from ..measures import MEASURES
from ..ranking import Entry, Ranking
from ..statistics import Interval

#: Beside what a reader must not overlook.
FAR_MARK = " !"


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        key: What it holds, for a program.
        title: What it holds, for a reader.
        cells: A text for each line; empty where there is nothing.
        values: What the cells are sorted by; None comes last.
        left: Whether it is aligned to the left, as words are.
        strong: The lines that are pointed out as the best.
    """

    key: str
    title: str
    cells: Sequence[str]
    values: Sequence[float | str | None]
    left: bool = False
    strong: frozenset[int] = frozenset()


def heading(ranking: Ranking) -> str:
    """Return what a ranking is about: the test set and the protocol."""
    dataset = ranking.dataset
    version = f" ({dataset.version})" if dataset.version else ""
    by = f"protocol {ranking.protocol}"
    if needs_no_protocol(ranking):
        by = measure_title(ranking, ranking.measures[0])
    return f"{dataset.name}{version}, {by}"


def needs_no_protocol(ranking: Ranking) -> bool:
    """Return whether it is by a measure without ground truth, which has a variant instead."""
    return ranking.protocol.startswith(f"{ranking.measures[0]} (")


def measure_title(ranking: Ranking, measure: str) -> str:
    """Return a measure's name with its protocol or variant, without which it says nothing."""
    if needs_no_protocol(ranking):
        return MEASURES[measure].label + ranking.protocol.removeprefix(measure)
    return f"{MEASURES[measure].title}, {ranking.protocol}"


def subheading(ranking: Ranking) -> str:
    """Return how many images, and which."""
    count = ranking.dataset.num_images
    images = "1 image" if count == 1 else f"{count} images"
    return f"{images}, fingerprint {ranking.dataset.fingerprint[:12]}"


def board_columns(board: Board) -> list[Column]:
    """Return the columns of a board; what no line has is no column."""
    lines = board.lines
    entries = [line.entry for line in lines]
    info = MEASURES[board.ranking.measures[0]]
    over = "over" if info.higher_is_better else "against"
    unit = f" ({info.unit})" if info.unit else ""
    gains = [board.ranking.gain(entry) for entry in entries]
    ranks = [entry.rank for entry in entries]
    methods = [entry.method for entry in entries]
    columns = [
        Column("rank", "rank", ["–" if rank is None else str(rank) for rank in ranks], ranks),
        Column("method", "method", methods, methods, left=True),
        _leak_column(entries),
        *(_mean_column(board, measure) for measure in board.ranking.measures),
        Column(
            "gain", f"{over} rainy input{unit}", [signed(gain, info.name) for gain in gains], gains
        ),
        *_neighbour_columns(board, f"{over} the next{unit}"),
        *_published_columns(board),
        *_cost_columns(entries),
        Column("run_with", "run with", runs := [run_with(e) for e in entries], runs, left=True),
    ]
    return [column for column in columns if any(column.cells)]


def elsewhere_columns(board: Board) -> list[Column]:
    """Return the columns of what was published of methods that were not measured here."""
    numbers = board.elsewhere
    parameters = [number.cost.get("parameters") for number in numbers]
    methods = [f"{n.method} – {n.note}" if n.note else n.method for n in numbers]
    columns = [Column("method", "method", methods, methods, left=True)]
    for measure in board.ranking.measures:
        cells = [number.printed.get(measure, "") for number in numbers]
        values = [number.value(measure) for number in numbers]
        columns.append(Column(measure, measure_title(board.ranking, measure), cells, values))
    columns.append(
        Column("parameters", "parameters", [number_text(p, ",.0f") for p in parameters], parameters)
    )
    marks = [board.marks(number) for number in numbers]
    columns.append(Column("source", "source", marks, marks))
    return [column for column in columns if any(column.cells)]


def mean_text(value: float, interval: Interval | None, measure: str) -> str:
    """Return ``28.31 ± 0.42``, the half width of the confidence interval behind the mean."""
    digits = MEASURES[measure].digits
    if interval is None:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} ± {(interval[1] - interval[0]) / 2:.{digits}f}"


def p_text(value: float | None) -> str:
    """Return a p-value with two digits that say something."""
    if value is None:
        return ""
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"


def number_text(value: float | None, form: str) -> str:
    """Return a number in this form, nothing for None."""
    return "" if value is None else format(value, form)


def printed_text(published: Published, measures: Iterable[str]) -> str:
    """Return published numbers as ``28.81 / 0.9040``."""
    return " / ".join(published.printed.get(measure, "–") for measure in measures)


def run_with(entry: Entry) -> str:
    """Say on what a method was run, and what was done beyond running the network once."""
    settings = entry.results.settings
    parts = [str(settings[key]) for key in ("device", "dtype") if settings.get(key)]
    if settings.get("tile"):
        parts.append(f"tiles of {settings['tile']}")
    if settings.get("ensemble"):
        parts.append("self-ensemble")
    return ", ".join(parts)


def gap_text(line: Line) -> list[str]:
    """Return a text for each published number: measured minus published, and a mark if far."""
    return [
        " / ".join(signed(gap, measure) for measure, gap in one.gaps.items())
        + (FAR_MARK if one.far else "")
        for one in line.beside
    ]


def signed(value: float | None, measure: str) -> str:
    """Return a difference with its sign, nothing for None; what rounds to zero is +0."""
    if value is None:
        return ""
    digits = MEASURES[measure].digits
    return f"{round(value, digits) + 0.0:+.{digits}f}"


def _mean_column(board: Board, measure: str) -> Column:
    cells = [
        mean_text(line.entry.mean(measure), line.intervals[measure], measure)
        for line in board.lines
    ]
    values = [line.entry.mean(measure) for line in board.lines]
    title = measure_title(board.ranking, measure)
    return Column(measure, title, cells, values, strong=best_of(values, measure))


def best_of(values: Sequence[float | None], measure: str) -> frozenset[int]:
    """Return the places of the best value."""
    merits = [None if value is None else MEASURES[measure].sign * value for value in values]
    best = max((merit for merit in merits if merit is not None), default=None)
    return frozenset(
        place for place, merit in enumerate(merits) if best is not None and merit == best
    )


def _leak_column(entries: Sequence[Entry]) -> Column:
    """Say of which methods the results file records that test images were trained on."""
    leaks = [entry.results.dataset.leaks for entry in entries]
    counts = [None if leak is None else leak["test_images"] for leak in leaks]
    cells = ["" if count is None else f"{count}{FAR_MARK}" for count in counts]
    return Column("leaks", "test images trained on", cells, counts)


def _neighbour_columns(board: Board, title: str) -> list[Column]:
    measure = board.ranking.measures[0]
    compared = [line.over_next for line in board.lines]
    steps = [None if one is None else one.difference for one in compared]
    chances = [None if one is None else one.p_value for one in compared]
    return [
        Column("over_next", title, [signed(step, measure) for step in steps], steps),
        Column("p_value", "p", [p_text(p) for p in chances], chances),
    ]


def _published_columns(board: Board) -> list[Column]:
    measures = board.ranking.measures
    labels = " / ".join(MEASURES[measure].label for measure in measures)
    numbers = [
        "; ".join(
            f"{printed_text(b.published, measures)} {board.marks(b.published)}" for b in besides
        )
        for besides in (line.beside for line in board.lines)
    ]
    first = [line.beside[0] if line.beside else None for line in board.lines]
    published = [None if one is None else one.published.value(measures[0]) for one in first]
    gaps = [None if one is None else one.gaps.get(measures[0]) for one in first]
    return [
        Column("published", f"published {labels}", numbers, published),
        Column("gap", f"gap {labels}", ["; ".join(gap_text(line)) for line in board.lines], gaps),
    ]


def _cost_columns(entries: Sequence[Entry]) -> list[Column]:
    forms = {
        "parameters": ("parameters", ","),
        "macs_per_pixel": ("MAC/pixel", ",.0f"),
        "seconds_per_image": ("s/image", ".3g"),
    }
    columns = []
    for key, (title, form) in forms.items():
        values = [getattr(entry.results.cost, key) for entry in entries]
        columns.append(Column(key, title, [number_text(value, form) for value in values], values))
    return columns

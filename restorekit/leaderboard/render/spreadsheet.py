"""Write rankings as CSV, and any rows so that a spreadsheet opens them safely."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from restorekit.catalog import Published

from ..board import Board, Row
from .cells import plain
from .sections import COSTS, Section

_FIRST = (
    *("dataset", "version", "fingerprint", "num_images", "protocol"),
    *("kind", "rank", "method"),
)
_COMPARED = ("test_images_trained_on", "gain_over_rainy_input", "over_next", "over_next_p")
_LAST = ("source", *COSTS, "device", "checkpoint_sha256")
#: A spreadsheet takes a cell that begins with one of these for a formula (four are full-width).
_FORMULA = tuple("=+-@＝＋－＠")


def to_csv(sections: Sequence[Section]) -> str:
    """Return rankings as one CSV table, with numbers in full and unknown values empty.

    Published numbers have their own rows, of the kind ``published``, each below the measured row
    that its gaps refer to.
    """
    measures = dict.fromkeys(
        measure.measure for one in sections for measure in one.board.ranking.measures
    )
    columns = (
        *_FIRST,
        *(_column(name, end) for name in measures for end in ("", "_low", "_high")),
        *_COMPARED,
        *(f"gap_{name}" for name in measures),
        *_LAST,
    )
    rows = (row for section in sections for row in _rows(section.board))
    return csv_text([columns, *([row.get(key) for key in columns] for row in rows)])


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV, in which no text can run as a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_safe(value) for value in row] for row in rows)
    return text.getvalue()


def _safe(value: Any) -> Any:
    """Keep a spreadsheet from running text as a formula, by putting an apostrophe before it."""
    if not isinstance(value, str):
        return value
    text = plain(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _column(measure: str, end: str = "") -> str:
    """Return the name of a measure's column, different from those of all other columns."""
    name = measure + end
    return f"measure_{name}" if name in (*_FIRST, *_COMPARED, *_LAST) else name


def _rows(board: Board) -> Iterator[dict[str, Any]]:
    dataset = board.ranking.dataset
    shared = {
        "dataset": dataset.name,
        "version": dataset.version,
        "fingerprint": dataset.fingerprint,
        "num_images": dataset.num_images,
        "protocol": board.ranking.criterion,
    }
    for row in board.rows:
        yield shared | _measured(board, row)
        for match in row.published:
            gaps = {f"gap_{name}": gap for name, gap in match.gaps.items()}
            yield shared | _published(match.published) | gaps
    for published in board.unmeasured:
        yield shared | _published(published)


def _measured(board: Board, row: Row) -> dict[str, Any]:
    results = row.entry.results
    leaks, checkpoint = results.dataset.leaks, results.checkpoint
    content: dict[str, Any] = {
        "kind": "measured",
        "rank": row.entry.rank,
        "method": row.entry.method,
        "test_images_trained_on": None if leaks is None else leaks["test_images"],
        "gain_over_rainy_input": board.ranking.gain(row.entry),
        "device": results.settings.get("device"),
        "checkpoint_sha256": None if checkpoint is None else checkpoint.sha256,
        **{key: getattr(results.cost, key) for key in COSTS},
    }
    for name, interval in row.intervals.items():
        low, high = interval or (None, None)
        content |= {_column(name): row.entry.mean(name)}
        content |= {_column(name, "_low"): low, _column(name, "_high"): high}
    if row.over_next is not None:
        content["over_next"] = row.over_next.difference
        content["over_next_p"] = row.over_next.p_value
    return content


def _published(published: Published) -> dict[str, Any]:
    return {
        # As printed: a decimal keeps its zeros.
        **{_column(name): Decimal(text) for name, text in published.printed.items()},
        "kind": "published",
        "method": published.method,
        "source": "; ".join(published.sources),
        "parameters": published.cost.get("parameters"),
    }

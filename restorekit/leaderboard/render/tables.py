"""Rankings as Markdown and CSV, with the protocol and the test set beside every number."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from restorekit.catalog import PublishedNumbers

from ..board import Board, Line, build_board
from ..measures import MEASURES
from ..ranking import Ranking
from .columns import Column, board_columns, elsewhere_columns, heading, subheading

_COLUMNS = (
    "dataset",
    "version",
    "fingerprint",
    "num_images",
    "protocol",
    "kind",
    "rank",
    "method",
    *(f"{name}{end}" for name in MEASURES for end in ("", "_low", "_high")),
    "test_images_trained_on",
    "gain_over_rainy_input",
    "over_next",
    "over_next_p",
    "gap_psnr",
    "gap_ssim",
    "gap_niqe",
    "source",
    "parameters",
    "macs_per_pixel",
    "seconds_per_image",
    "device",
    "checkpoint_sha256",
)
_INTERVALS = "± is half of the 95 % confidence interval of the mean over images (Student's t)."
_TESTS = (
    "*Over* or *against the next* is the mean difference to the line below; p is Wilcoxon's "
    "signed-rank test over images, two-sided, not corrected for the number of lines."
)
_LEAKS = "*Test images trained on*: so many show what the checkpoint's training set shows."
_GAPS = "A gap is measured minus published; ! marks more than 0.1 dB."


def markdown(rankings: Sequence[Ranking], references: PublishedNumbers | None = None) -> str:
    """Return the rankings as Markdown, one section each.

    Args:
        rankings: What to show.
        references: Published numbers to put beside them.
    """
    boards = [build_board(ranking, references) for ranking in rankings]
    return "\n".join(map(_section, boards)) + _explanation(boards)


def markdown_table(columns: Sequence[Column]) -> str:
    """Return one table; its source is aligned too, and readable as it is."""
    padded = [_padded(column) for column in columns]
    return "\n".join(f"| {' | '.join(line)} |" for line in zip(*padded, strict=True)) + "\n"


def escape_markdown(text: str) -> str:
    """Return ``text`` such that Markdown shows it as it is, on one line, also in a table.

    Only what would mean something is escaped, so that the source stays readable.
    """
    text = " ".join(text.split())
    text = re.sub(r"&(?=[#A-Za-z])", "&amp;", text)
    text = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)
    text = re.sub(r"([\\`*|]|\](?=[\[(:]))", r"\\\1", text)
    # An underscore inside a word, as in PReNet_r, is one.
    return re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", text)


def to_csv(rankings: Sequence[Ranking], references: PublishedNumbers | None = None) -> str:
    """Return the rankings as one CSV table, numbers in full; what is not known is empty.

    Published numbers are lines of their own, of the kind ``published``; their gaps are those
    of the measured line above.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for ranking in rankings:
        for row in _rows(build_board(ranking, references)):
            writer.writerow({key: row.get(key) for key in _COLUMNS})
    return text.getvalue()


def _section(board: Board) -> str:
    parts = [
        f"## {escape_markdown(heading(board.ranking))}",
        subheading(board.ranking),
        markdown_table(board_columns(board)).rstrip(),
    ]
    if board.elsewhere:
        parts.append("Published on this test set by this protocol, and not measured here:")
        parts.append(markdown_table(elsewhere_columns(board)).rstrip())
    if board.sources:
        numbered = (f"[{place}] {source}" for place, source in enumerate(board.sources, 1))
        parts.append("  \n".join(map(escape_markdown, numbered)))
    if board.note:
        parts.append(escape_markdown(board.note))
    return "\n\n".join(parts) + "\n"


def _explanation(boards: Sequence[Board]) -> str:
    """Say once, below all sections, what they need to be read."""
    lines = [line for board in boards for line in board.lines]
    sentences = []
    if any(line.entry.results.dataset.leaks for line in lines):
        sentences.append(_LEAKS)
    if any(interval for line in lines for interval in line.intervals.values()):
        sentences.append(_INTERVALS)
    if any(line.over_next for line in lines):
        sentences.append(_TESTS)
    if any(line.beside for line in lines):
        sentences.append(_GAPS)
    return f"\n{' '.join(sentences)}\n" if sentences else ""


def _padded(column: Column) -> list[str]:
    """Return a column's title, rule and cells, all of the same width."""
    title, cells = escape_markdown(column.title), [escape_markdown(cell) for cell in column.cells]
    width = max(3, *(len(text) for text in (title, *cells)))
    if column.left:
        return [title.ljust(width), "-" * width, *(cell.ljust(width) for cell in cells)]
    rule = "-" * (width - 1) + ":"
    return [title.rjust(width), rule, *(cell.rjust(width) for cell in cells)]


def _rows(board: Board) -> Iterator[dict[str, Any]]:
    shared = {
        **msgspec.to_builtins(board.ranking.dataset),
        "dataset": board.ranking.dataset.name,
        "protocol": board.ranking.protocol,
    }
    for line in board.lines:
        yield {**shared, **_measured_row(board, line)}
        for one in line.beside:
            gaps = {f"gap_{measure}": gap for measure, gap in one.gaps.items()}
            yield {**shared, **_published_row(one.published), **gaps}
    for published in board.elsewhere:
        yield {**shared, **_published_row(published)}


def _measured_row(board: Board, line: Line) -> dict[str, Any]:
    results = line.entry.results
    leaks = results.dataset.leaks
    row: dict[str, Any] = {
        **msgspec.to_builtins(results.cost),
        "kind": "measured",
        "rank": line.entry.rank,
        "method": line.entry.method,
        "test_images_trained_on": leaks["test_images"] if leaks else None,
        "gain_over_rainy_input": board.ranking.gain(line.entry),
        "device": results.settings.get("device"),
        "checkpoint_sha256": results.checkpoint.sha256 if results.checkpoint else None,
    }
    for measure, interval in line.intervals.items():
        row[measure] = line.entry.mean(measure)
        row[f"{measure}_low"], row[f"{measure}_high"] = interval or (None, None)
    if line.over_next is not None:
        row["over_next"] = line.over_next.difference
        row["over_next_p"] = line.over_next.p_value
    return row


def _published_row(published: Any) -> dict[str, Any]:
    return {
        **published.printed,
        "kind": "published",
        "method": published.method,
        "parameters": published.cost.get("parameters"),
        "source": "; ".join(published.sources),
    }

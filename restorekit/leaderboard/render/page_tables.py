"""The tables of a page, as HTML that is readable before any script has run."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from ..board import Board, Line
from ..measures import MEASURES
from .columns import (
    FAR_MARK,
    Column,
    board_columns,
    elsewhere_columns,
    gap_text,
    heading,
    printed_text,
    run_with,
    subheading,
)
from .interval_plot import IntervalScale

_SPREAD = re.compile(r" ± .*")


def escape(text: object) -> str:
    """Return ``text`` for use between tags and in attributes, minus signs as such."""
    return html.escape(str(text), quote=True)


def board_html(board: Board, number: int) -> str:
    """Return the section of a ranking.

    Args:
        board: The ranking.
        number: Its place on the page, from 0.
    """
    sources = "".join(
        f'<li id="source-{number}-{place}">{escape(source)}</li>'
        for place, source in enumerate(board.sources, 1)
    )
    parts = [
        f'<section class="board" id="board-{number}" aria-labelledby="title-{number}">',
        f'<h2 id="title-{number}">{escape(heading(board.ranking))}</h2>',
        f'<p class="about">{escape(_about(board))}</p>',
        _scrolling(_board_table(board, number), heading(board.ranking)),
        _elsewhere(board),
        f'<div class="notes">{_sources(sources)}{_paragraph(board.note)}</div>',
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def _about(board: Board) -> str:
    """Say once what all methods were run with; otherwise each line does."""
    shared = _shared_run(board)
    return subheading(board.ranking) + (f"; run with {shared}" if shared else "")


def _shared_run(board: Board) -> str:
    runs = {run_with(line.entry) for line in board.lines if line.entry.rank is not None}
    return runs.pop() if len(runs) == 1 else ""


def plain_table(columns: Sequence[Column], name: str) -> str:
    """Return columns as a table that sorts, in a frame that scrolls."""
    heads = "".join(_head(column) for column in columns)
    rows = "".join(
        f"<tr>{''.join(_cell(column, place) for column in columns)}</tr>"
        for place in range(len(columns[0].cells))
    )
    return _scrolling(
        f'<table class="sortable"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>',
        name,
    )


def _scrolling(table: str, name: str) -> str:
    label = escape(name)
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{table}</div>'


def _small(text: str) -> str:
    return f'<span class="small">{escape(text)}</span>'


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def _sources(items: str) -> str:
    return f"<p>Published numbers are from</p><ol>{items}</ol>" if items else ""


def _elsewhere(board: Board) -> str:
    if not board.elsewhere:
        return ""
    return (
        "<details><summary>Published on this test set by this protocol, and not measured here "
        f"({len(board.elsewhere)})</summary>"
        f"{plain_table(elsewhere_columns(board), 'Published numbers')}</details>"
    )


def _board_table(board: Board, number: int) -> str:
    columns = [column for column in board_columns(board) if column.key != "run_with"]
    scale = IntervalScale(board)
    heads, rows = [], ["" for _ in board.lines]
    for column in columns:
        heads.append(_head(column, sorted_by_now=column.key == "rank"))
        for place, line in enumerate(board.lines):
            rows[place] += _board_cell(board, line, column, place, number)
        if column.key == board.ranking.measures[0] and scale.known:
            heads.append(f'<th scope="col">95&nbsp;% interval{_small(scale.span)}</th>')
            for place, line in enumerate(board.lines):
                rows[place] += f"<td>{scale.drawing(line)}</td>"
    lines = zip(board.lines, rows, strict=True)
    body = "".join(f"<tr{_row_class(line)}>{row}</tr>" for line, row in lines)
    return (
        f'<table class="sortable"><thead><tr>{"".join(heads)}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _row_class(line: Line) -> str:
    return ' class="input"' if line.entry.rank is None else ""


def _head(column: Column, sorted_by_now: bool = False) -> str:
    info = MEASURES.get(column.key)
    descending = column.key in ("gain", "over_next") or (info and info.higher_is_better)
    sort = ' aria-sort="ascending"' if sorted_by_now else ""
    kind = "" if column.left else ' class="number"'
    return (
        f'<th scope="col"{kind}{sort} data-first="{"descending" if descending else "ascending"}">'
        f'<button type="button" disabled>{escape(column.title)}</button></th>'
    )


def _cell(column: Column, place: int, content: str | None = None) -> str:
    value = column.values[place]
    if content is None:
        content = escape(_sign(column.cells[place]))
    data = "" if value is None else f' data-value="{escape(value)}"'
    if column.key == "method":
        return f'<th scope="row"{data}>{content}</th>'
    kinds = [] if column.left else ["number"]
    kinds += ["best"] if place in column.strong else []
    kind = f' class="{" ".join(kinds)}"' if kinds else ""
    return f"<td{kind}{data}>{content}</td>"


def _sign(text: str) -> str:
    """Write a leading hyphen of a number as the minus sign it is."""
    return text.replace("-", "−", 1) if text[:1] == "-" and text[1:2].isdigit() else text


def _board_cell(board: Board, line: Line, column: Column, place: int, number: int) -> str:
    content = None
    if column.key == "method":
        own = "" if _shared_run(board) else run_with(line.entry)
        content = escape(line.entry.method) + (_small(own) if own else "")
    elif column.key in MEASURES:
        content = _SPREAD.sub(r'<span class="spread">\g<0></span>', escape(column.cells[place]))
    elif column.key == "published":
        content = _lines(
            escape(printed_text(one.published, board.ranking.measures))
            + " "
            + _links(board, one.published.sources, number)
            for one in line.beside
        )
    elif column.key == "gap":
        content = _lines(_marked(text, "more than 0.1 dB") for text in gap_text(line))
    elif column.key == "leaks":
        content = _marked(column.cells[place], "so many show what the training set shows")
    return _cell(column, place, content)


def _marked(text: str, reason: str) -> str:
    shown = escape(text.replace("-", "−").removesuffix(FAR_MARK))
    if not text.endswith(FAR_MARK):
        return shown
    return f'<span class="far" title="{escape(reason)}">{shown}&nbsp;!</span>'


def _links(board: Board, sources: Iterable[str], number: int) -> str:
    places = [board.sources.index(source) + 1 for source in sources]
    links = ", ".join(f'<a href="#source-{number}-{place}">{place}</a>' for place in places)
    return f"[{links}]"


def _lines(parts: Iterable[str]) -> str:
    return "<br>".join(parts)

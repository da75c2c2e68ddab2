"""Write rankings and reports as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from .cells import Cell, Column, plain
from .report import Chapter, Report, with_code
from .sections import Section, explanation


def markdown(sections: Sequence[Section]) -> str:
    """Return rankings as Markdown, one section each."""
    text = "\n".join(map(_section, sections))
    sentences = explanation(sections)
    return f"{text}\n{' '.join(sentences)}\n" if sentences else text


def report_markdown(report: Report) -> str:
    """Return a report as Markdown, the best numbers bold."""
    parts = [f"# {escape_markdown(report.title)}", _sentence(report.lead)]
    parts += [part for chapter in report.chapters for part in _chapter(chapter)]
    parts += map(_sentence, report.notes)
    return "\n\n".join(filter(None, parts)) + "\n"


def markdown_table(columns: Sequence[Column], *, marked: bool = False) -> str:
    """Return a table whose columns are padded, so that it can be read in a terminal too.

    Args:
        columns: The columns.
        marked: Whether the best cell of a column is bold.
    """
    padded = [_padded(column, marked) for column in columns]
    return "\n".join(f"| {' | '.join(row)} |" for row in zip(*padded, strict=True)) + "\n"


def escape_markdown(text: str) -> str:
    """Escape ``text`` so that Markdown shows it unchanged and on one line, even in a table.

    Only characters with a meaning in Markdown are escaped, so that the source stays readable.
    """
    text = re.sub(r"&(?=[#A-Za-z])", "&amp;", plain(text))
    text = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)
    text = re.sub(r"([\\`*|]|\](?=[\[(:]))", r"\\\1", text)
    # An underscore inside a word, as in PReNet_r, has no meaning.
    return re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", text)


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield f"## {escape_markdown(chapter.title)}"
    yield from map(_sentence, chapter.lead)
    for table in chapter.tables:
        if table.title:
            yield f"### {escape_markdown(table.title)}"
        yield markdown_table(table.columns, marked=True).rstrip()
    for figure in chapter.figures:
        shown = next((name for name in figure.files if name.endswith(".png")), "")
        if shown:
            yield f"![{escape_markdown(figure.caption)}]({quote(shown)})"
        others = [f"[{name.rpartition('.')[2].upper()}]({quote(name)})" for name in figure.files]
        yield f"{_sentence(figure.caption)} {', '.join(others)}".rstrip()
    yield from map(_sentence, chapter.notes)


def _sentence(text: str) -> str:
    return with_code(text, escape_markdown, lambda code: f"`{plain(code)}`")


def _section(section: Section) -> str:
    board = section.board
    parts = [
        f"## {escape_markdown(section.title)}",
        escape_markdown(section.about),
        markdown_table(section.columns).rstrip(),
    ]
    if section.unmeasured:
        parts.append("Published on this test set under this protocol, and not measured here:")
        parts.append(markdown_table(section.unmeasured).rstrip())
    if board.sources:
        numbered = (f"[{number}] {source}" for number, source in enumerate(board.sources, 1))
        parts.append("  \n".join(map(escape_markdown, numbered)))
    if board.note:
        parts.append(escape_markdown(board.note))
    return "\n\n".join(parts) + "\n"


def _padded(column: Column, marked: bool) -> list[str]:
    """Return a column's title, rule and cells, all of the same width."""
    title = escape_markdown(column.title)
    cells = [_cell(cell, marked) for cell in column.cells]
    width = max(3, *(len(text) for text in (title, *cells)))
    if column.words:
        return [title.ljust(width), "-" * width, *(cell.ljust(width) for cell in cells)]
    rule = "-" * (width - 1) + ":"
    return [title.rjust(width), rule, *(cell.rjust(width) for cell in cells)]


def _cell(cell: Cell, marked: bool) -> str:
    text = escape_markdown(cell.text())
    return f"**{text}**" if marked and cell.best else text

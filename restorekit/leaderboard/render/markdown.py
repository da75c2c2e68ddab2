"""Write rankings and the paper's tables as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..paper_tables import PaperTable
from .cells import Column, plain
from .sections import Section, explanation


def markdown(sections: Sequence[Section]) -> str:
    """Return rankings as Markdown, one section each."""
    text = "\n".join(map(_section, sections))
    sentences = explanation(sections)
    return f"{text}\n{' '.join(sentences)}\n" if sentences else text


def paper_markdown(tables: Sequence[PaperTable]) -> str:
    """Return the paper's tables as Markdown."""
    return "\n".join(
        f"## {escape_markdown(table.title)}\n\n{markdown_table(table.columns)}\n"
        + "".join(f"{escape_markdown(note)}\n" for note in table.notes)
        for table in tables
    )


def markdown_table(columns: Sequence[Column]) -> str:
    """Return a table whose columns are padded, so that it can be read in a terminal too."""
    padded = [_padded(column) for column in columns]
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


def _padded(column: Column) -> list[str]:
    """Return a column's title, rule and cells, all of the same width."""
    title = escape_markdown(column.title)
    cells = [escape_markdown(cell.text()) for cell in column.cells]
    width = max(3, *(len(text) for text in (title, *cells)))
    if column.words:
        return [title.ljust(width), "-" * width, *(cell.ljust(width) for cell in cells)]
    rule = "-" * (width - 1) + ":"
    return [title.rjust(width), rule, *(cell.rjust(width) for cell in cells)]

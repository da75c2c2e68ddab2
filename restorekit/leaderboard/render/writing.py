"""The files of a leaderboard: Markdown, CSV, LaTeX and a page."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from restorekit.catalog import PublishedNumbers
from restorekit.io.files import write_text

from ..board import build_board
from ..paper_tables import PaperTable
from ..ranking import Ranking
from .latex import PREAMBLE, latex, latex_table
from .page import board_page, render
from .page_tables import escape, plain_table
from .pictures import Pictures
from .tables import escape_markdown, markdown, markdown_table, to_csv


def write_leaderboard(
    folder: Path,
    rankings: Sequence[Ranking],
    references: PublishedNumbers | None = None,
    pictures: Mapping[str, Pictures] | None = None,
) -> list[Path]:
    """Write ``leaderboard.md``, ``.csv``, ``.tex`` and ``.html``.

    Args:
        folder: Where to; made if it is not there.
        rankings: What to show.
        references: Published numbers to put beside them.
        pictures: Fingerprint of a test set to its pictures.

    Returns:
        The files.
    """
    boards = [build_board(ranking, references) for ranking in rankings]
    texts = {
        ".md": f"# Leaderboard\n\n{markdown(rankings, references)}",
        ".csv": to_csv(rankings, references),
        ".tex": latex(rankings, references),
        ".html": board_page(boards, pictures or {}),
    }
    return _write(folder, "leaderboard", texts)


def write_paper_tables(folder: Path, tables: Sequence[PaperTable]) -> list[Path]:
    """Write ``paper_tables.md``, ``.csv``, ``.tex`` and ``.html``; return the files."""
    texts = {
        ".md": paper_markdown(tables),
        ".csv": _paper_csv(tables),
        ".tex": "\n".join([PREAMBLE, *map(_paper_latex, tables)]),
        ".html": _paper_page(tables),
    }
    return _write(folder, "paper_tables", texts)


def paper_markdown(tables: Sequence[PaperTable]) -> str:
    """Return the paper's tables as Markdown."""
    sections = [
        f"## {escape_markdown(table.title)}\n\n{markdown_table(table.columns)}\n"
        + "".join(f"{escape_markdown(note)}\n" for note in table.notes)
        for table in tables
    ]
    return "\n".join(sections)


def _paper_csv(tables: Sequence[PaperTable]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for table in tables:
        writer.writerow(["table", *(column.title for column in table.columns)])
        for cells in zip(*(column.cells for column in table.columns), strict=True):
            writer.writerow([table.title, *cells])
    return text.getvalue()


def _paper_latex(table: PaperTable) -> str:
    return latex_table(table.columns, table.title, table.title, " ".join(table.notes))


def _paper_page(tables: Sequence[PaperTable]) -> str:
    sections = []
    for number, table in enumerate(tables):
        notes = "".join(f"<p>{escape(note)}</p>" for note in table.notes)
        sections.append(
            f'<section class="board" aria-labelledby="title-{number}">'
            f'<h2 id="title-{number}">{escape(table.title)}</h2>'
            f'{plain_table(table.columns, table.title)}<div class="notes">{notes}</div></section>'
        )
    lead = "What the paper reports, and beside it what restorekit has measured, once it has."
    return render("DCSFN, Tables 1 and 2", lead, "\n".join(sections), "", {})


def _write(folder: Path, stem: str, texts: Mapping[str, str]) -> list[Path]:
    paths = []
    for suffix, text in texts.items():
        paths.append(folder / f"{stem}{suffix}")
        write_text(paths[-1], text)
    return paths

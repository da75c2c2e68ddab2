"""Write the files of a leaderboard: Markdown, CSV, LaTeX and HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from restorekit.io.files import write_text

from ..paper_tables import PaperTable
from .latex import latex, paper_latex
from .markdown import markdown, paper_markdown
from .page import board_page, paper_page
from .pictures import Pictures
from .sections import Section
from .spreadsheet import paper_csv, to_csv


def write_leaderboard(
    folder: Path, sections: Sequence[Section], pictures: Mapping[str, Pictures] | None = None
) -> list[Path]:
    """Write ``leaderboard.md``, ``.csv``, ``.tex`` and ``.html``.

    Args:
        folder: Output folder; created if needed.
        sections: The rankings to show.
        pictures: Fingerprint of a test set to its pictures.

    Returns:
        The paths of the files.
    """
    texts = {
        ".md": f"# Leaderboard\n\n{markdown(sections)}",
        ".csv": to_csv(sections),
        ".tex": latex(sections),
        ".html": board_page(sections, pictures or {}),
    }
    return _write(folder, "leaderboard", texts)


def write_paper_tables(folder: Path, tables: Sequence[PaperTable]) -> list[Path]:
    """Write ``paper_tables.md``, ``.csv``, ``.tex`` and ``.html``, and return their paths."""
    texts = {
        ".md": paper_markdown(tables),
        ".csv": paper_csv(tables),
        ".tex": paper_latex(tables),
        ".html": paper_page(tables),
    }
    return _write(folder, "paper_tables", texts)


def _write(folder: Path, stem: str, texts: Mapping[str, str]) -> list[Path]:
    paths = []
    for suffix, text in texts.items():
        paths.append(folder / f"{stem}{suffix}")
        write_text(paths[-1], text)
    return paths

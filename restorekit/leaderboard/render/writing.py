"""Write the files of a leaderboard or report: Markdown, CSV, LaTeX and HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from restorekit.io.files import write_text

from .latex import latex, report_latex
from .markdown import markdown, report_markdown
from .page import board_page, report_page
from .pictures import Pictures
from .report import Report
from .sections import Section
from .spreadsheet import csv_text, to_csv


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


def write_report(
    folder: Path, stem: str, report: Report, rows: Sequence[Sequence[Any]]
) -> list[Path]:
    """Write a report as ``.md``, ``.csv``, ``.tex`` and ``.html``, and return the paths.

    Args:
        folder: Output folder; created if needed.
        stem: Name of the files without their suffix.
        report: The report.
        rows: The rows of the CSV file, its heading first.
    """
    texts = {
        ".md": report_markdown(report),
        ".csv": csv_text(rows),
        ".tex": report_latex(report),
        ".html": report_page(report),
    }
    return _write(folder, stem, texts)


def _write(folder: Path, stem: str, texts: Mapping[str, str]) -> list[Path]:
    paths = []
    for suffix, text in texts.items():
        paths.append(folder / f"{stem}{suffix}")
        write_text(paths[-1], text)
    return paths

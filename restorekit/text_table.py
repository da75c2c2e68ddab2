"""Plain text tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence


def text_table(
    title: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()
) -> str:
    """Lay columns out below each other, with a rule below their titles.

    Args:
        title: Titles of the columns.
        rows: The cells.
        right: Numbers of the columns that are aligned to the right.
    """
    widths = [max(len(row[i]) for row in (title, *rows)) for i in range(len(title))]
    lines = []
    for row in (title, ["-" * width for width in widths], *rows):
        cells = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip() + "\n")
    return "".join(lines)

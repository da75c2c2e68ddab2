"""Rankings as LaTeX tables, for a paper; they need the packages in :data:`PREAMBLE`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from restorekit.catalog import PublishedNumbers

from ..board import Board, build_board
from ..measures import MEASURES
from ..ranking import Ranking
from .columns import Column, board_columns, heading, subheading

#: What a file of tables says first.
PREAMBLE = (
    "% Needs \\usepackage[T1]{fontenc}, \\usepackage{booktabs} and \\usepackage{adjustbox}.\n"
)

#: What a page has room for.
_KEYS = ("method", "leaks", *MEASURES, "over_next", "p_value", "published", "gap")
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    # A line that starts with a bracket would be taken for an argument of the \\ before it.
    "[": "{[}",
    "]": "{]}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "–": "--",
    "−": r"$-$",
}


def latex(rankings: Sequence[Ranking], references: PublishedNumbers | None = None) -> str:
    """Return the rankings as LaTeX tables, the best number of a column in bold.

    Args:
        rankings: What to show.
        references: Published numbers to put beside them.
    """
    tables = [_table(build_board(ranking, references)) for ranking in rankings]
    return "\n".join([PREAMBLE, *tables])


def escape_latex(text: str) -> str:
    """Return ``text`` such that LaTeX prints it as it is."""
    escaped = "".join(_SPECIAL.get(character, character) for character in " ".join(text.split()))
    # A hyphen before a digit is a sign here.
    return re.sub(r"(?<![\w.$])-(?=\d)", lambda _: "$-$", escaped)


def latex_table(columns: Sequence[Column], caption: str, label: str, note: str = "") -> str:
    """Return one table.

    Args:
        columns: What it shows; what is pointed out is bold.
        caption: Over the table, plain text.
        label: Behind ``tab:``; anything but letters, digits and ``-`` becomes ``-``.
        note: Under the table, plain text.
    """
    rows = list(zip(*(_cells(column) for column in columns), strict=True))
    layout = "".join("l" if column.left else "r" for column in columns)
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering\footnotesize\setlength{\tabcolsep}{4pt}",
            f"  \\caption{{{escape_latex(caption)}}}",
            f"  \\label{{tab:{re.sub(r'[^A-Za-z0-9]+', '-', label).strip('-')}}}",
            r"  \begin{adjustbox}{max width=\linewidth}",
            f"  \\begin{{tabular}}{{{layout}}}",
            r"    \toprule",
            f"    {' & '.join(escape_latex(column.title) for column in columns)} \\\\",
            r"    \midrule",
            *(f"    {' & '.join(row)} \\\\" for row in rows),
            r"    \bottomrule",
            r"  \end{tabular}",
            r"  \end{adjustbox}",
            *([f"  \\par\\smallskip\\footnotesize {escape_latex(note)}"] if note else []),
            r"\end{table}",
            "",
        ]
    )


def _table(board: Board) -> str:
    # The caption names the protocol; in every heading it would not leave room for numbers.
    columns = [
        replace(column, title=MEASURES[column.key].title) if column.key in MEASURES else column
        for column in board_columns(board)
        if column.key in _KEYS
    ]
    title = heading(board.ranking)
    sources = " ".join(f"[{number}] {source}." for number, source in enumerate(board.sources, 1))
    caption = f"{title}: {subheading(board.ranking)}."
    return latex_table(columns, caption, title, sources)


def _cells(column: Column) -> list[str]:
    return [
        f"\\textbf{{{escape_latex(cell)}}}" if place in column.strong else escape_latex(cell)
        for place, cell in enumerate(column.cells)
    ]

"""Write rankings and the paper's tables as LaTeX, which needs the packages in :data:`PREAMBLE`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..paper_tables import PaperTable
from .cells import Column, plain
from .sections import Section

#: The first lines of a file of tables.
PREAMBLE = (
    "% Needs \\usepackage[T1]{fontenc}, \\usepackage{booktabs} and \\usepackage{adjustbox}.\n"
)

#: The minus sign, which :func:`escape_latex` writes in math mode.
_MINUS = "−"
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
    "\0": "{}",
}


def latex(sections: Sequence[Section]) -> str:
    """Return rankings as LaTeX tables, the best number of a column in bold."""
    return "\n".join([PREAMBLE, *map(_ranking_table, sections)])


def paper_latex(tables: Sequence[PaperTable]) -> str:
    """Return the paper's tables as LaTeX."""
    return "\n".join(
        [
            PREAMBLE,
            *(_table(one.columns, one.title, one.title, " ".join(one.notes)) for one in tables),
        ]
    )


def escape_latex(text: str) -> str:
    """Escape ``text`` so that LaTeX prints it unchanged."""
    # LaTeX would turn two adjacent hyphens into a dash.
    words = re.sub("-(?=-)", "-\0", plain(text))
    return "".join(_SPECIAL.get(character, character) for character in words)


def _ranking_table(section: Section) -> str:
    columns = [column for column in section.columns if column.in_paper]
    sources = enumerate(section.board.sources, 1)
    note = " ".join(f"[{number}] {source}." for number, source in sources)
    return _table(columns, f"{section.title}: {section.about}.", section.title, note)


def _table(columns: Sequence[Column], caption: str, label: str, note: str) -> str:
    """Return one table.

    Args:
        columns: The columns; their best cells are bold.
        caption: Plain text above the table.
        label: Label after ``tab:``; anything but letters and digits becomes ``-``.
        note: Plain text below the table.
    """
    # The caption names the protocol; in every heading it would leave no room for numbers.
    titles = [escape_latex(column.short_title or column.title) for column in columns]
    rows = zip(*(_cells(column) for column in columns), strict=True)
    layout = "".join("l" if column.words else "r" for column in columns)
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering\footnotesize\setlength{\tabcolsep}{4pt}",
            f"  \\caption{{{escape_latex(caption)}}}",
            f"  \\label{{tab:{re.sub(r'[^A-Za-z0-9]+', '-', label).strip('-')}}}",
            r"  \begin{adjustbox}{max width=\linewidth}",
            f"  \\begin{{tabular}}{{{layout}}}",
            r"    \toprule",
            f"    {' & '.join(titles)} \\\\",
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


def _cells(column: Column) -> list[str]:
    texts = [escape_latex(cell.text(_MINUS)) for cell in column.cells]
    cells = zip(column.cells, texts, strict=True)
    return [f"\\textbf{{{text}}}" if cell.best else text for cell, text in cells]

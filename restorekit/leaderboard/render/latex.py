"""Write rankings and reports as LaTeX, which needs the packages in :data:`PREAMBLE`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .cells import Cell, Column, plain
from .report import Report, with_code
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
    "τ": r"$\tau$",
    "–": "--",
    "−": r"$-$",
    "\0": "{}",
}


def latex(sections: Sequence[Section]) -> str:
    """Return rankings as LaTeX tables, the best number of a column in bold."""
    return "\n".join([PREAMBLE, *map(_ranking_table, sections)])


def report_latex(report: Report) -> str:
    """Return the tables of a report as LaTeX, the best numbers bold and the second underlined."""
    tables = [PREAMBLE]
    for chapter in report.chapters:
        note = _sentences((*chapter.lead, *chapter.notes))
        for index, table in enumerate(chapter.tables):
            title = f"{chapter.title}: {table.title}" if table.title else chapter.title
            tables.append(_table(table.columns, title, title, "" if index else note))
    return "\n".join(tables)


def escape_latex(text: str) -> str:
    """Escape ``text`` so that LaTeX prints it unchanged."""
    # LaTeX would turn two adjacent hyphens into a dash.
    words = re.sub("-(?=-)", "-\0", plain(text))
    return "".join(_SPECIAL.get(character, character) for character in words)


def _ranking_table(section: Section) -> str:
    columns = [column for column in section.columns if column.in_paper]
    sources = enumerate(section.board.sources, 1)
    note = escape_latex(" ".join(f"[{number}] {source}." for number, source in sources))
    return _table(columns, f"{section.title}: {section.about}.", section.title, note)


def _table(columns: Sequence[Column], caption: str, label: str, note: str) -> str:
    """Return one table.

    Args:
        columns: The columns; their best cells are bold, their second best underlined.
        caption: Plain text above the table.
        label: Label after ``tab:``; anything but letters and digits becomes ``-``.
        note: LaTeX below the table; may be empty.
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
            *([f"  \\par\\smallskip\\footnotesize {note}"] if note else []),
            r"\end{table}",
            "",
        ]
    )


def _cells(column: Column) -> list[str]:
    return [_marked(cell, escape_latex(cell.text(_MINUS))) for cell in column.cells]


def _marked(cell: Cell, text: str) -> str:
    if cell.best:
        return f"\\textbf{{{text}}}"
    return f"\\underline{{{text}}}" if cell.second else text


def _sentences(sentences: Sequence[str]) -> str:
    return " ".join(
        with_code(one, escape_latex, lambda code: f"\\texttt{{{escape_latex(code)}}}")
        for one in sentences
    )

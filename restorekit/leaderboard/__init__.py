"""Rank results files, and show the rankings as tables and as an HTML page."""

from restorekit.evaluation.results import (
    RAINY_INPUT,
    Cost,
    DatasetRecord,
    Results,
    build_results,
    read_results,
    write_results,
)

from .across import across_test_sets
from .ranking import Entry, Ranking, rank, rank_all
from .render.markdown import markdown, markdown_table, report_markdown
from .render.pictures import Pictures, choose_pictures, find_folders
from .render.report import Chapter, Figure, Report, Table
from .render.sections import Section, make_sections
from .render.spreadsheet import to_csv
from .render.writing import write_leaderboard, write_report

__all__ = [
    "RAINY_INPUT",
    "Chapter",
    "Cost",
    "DatasetRecord",
    "Entry",
    "Figure",
    "Pictures",
    "Ranking",
    "Report",
    "Results",
    "Section",
    "Table",
    "across_test_sets",
    "build_results",
    "choose_pictures",
    "find_folders",
    "make_sections",
    "markdown",
    "markdown_table",
    "rank",
    "rank_all",
    "read_results",
    "report_markdown",
    "to_csv",
    "write_leaderboard",
    "write_report",
    "write_results",
]

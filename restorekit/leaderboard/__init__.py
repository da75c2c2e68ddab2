"""Results files and what is made of them: rankings and tables."""

from .ranking import Entry, Ranking, rank, rank_all
from .results import (
    RAINY_INPUT,
    Cost,
    DatasetRecord,
    Results,
    build_results,
    read_results,
    write_results,
)
from .tables import markdown, to_csv

__all__ = [
    "RAINY_INPUT",
    "Cost",
    "DatasetRecord",
    "Entry",
    "Ranking",
    "Results",
    "build_results",
    "markdown",
    "rank",
    "rank_all",
    "read_results",
    "to_csv",
    "write_results",
]

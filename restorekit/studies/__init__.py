"""Studies: sets of runs that make a paper's tables and figures."""

from .find import STUDIES_GROUP, STUDIES_VARIABLE, find_study, study_files
from .reading import read_study
from .records import FULL, OWN, Figure, Row, Run, Scale, Study, Table

__all__ = [
    "FULL",
    "OWN",
    "STUDIES_GROUP",
    "STUDIES_VARIABLE",
    "Figure",
    "Row",
    "Run",
    "Scale",
    "Study",
    "Table",
    "find_study",
    "read_study",
    "study_files",
]

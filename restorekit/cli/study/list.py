"""Show the known studies: restorekit's, those of installed packages, and yours.

The environment variable RESTOREKIT_STUDIES names files of your own, or folders of them, separated
as in PATH.
"""

from __future__ import annotations

import argparse
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit study list``: none."""


def run(args: argparse.Namespace) -> None:
    """Show a line for each study."""
    from restorekit.io.terminal import text_table
    from restorekit.studies import FULL, read_study, study_files

    studies = [read_study(file) for _, file in sorted(study_files().items())]
    rows = [
        (
            study.name,
            study.title,
            *map(str, (len(study.runs), len(study.tables), len(study.figures))),
            ", ".join([FULL, *study.scales]),
        )
        for study in studies
    ]
    columns = ("name", "", "runs", "tables", "figures", "scales")
    sys.stdout.write(text_table(columns, rows, (2, 3, 4)))

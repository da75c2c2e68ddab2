"""Show how far the runs of a study are, and the tables and figures that wait for them."""

from __future__ import annotations

import argparse
import sys

from restorekit.cli.study.choice import add_choice, chosen_plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit study status``."""
    add_choice(parser)


def run(args: argparse.Namespace) -> None:
    """Show a line for each run with a seed, then one for each table and figure."""
    from restorekit.io.terminal import text_table
    from restorekit.studies.status import status_of

    study, planned = chosen_plan(args)
    states = [(one.job, status_of(one)) for one in planned]
    rows = [(job.run.name, str(job.seed), str(status)) for job, status in states]
    sys.stdout.write(text_table(("run", "seed", "status"), rows, (1,)) + "\n")
    missing = [job.run.name for job, status in states if status.state != "done"]
    for id_, part in study.parts.items():
        waiting = [name for name in missing if name in part.runs]
        if any(job.run.name in part.runs for job, _ in states):
            title = ": ".join(filter(None, [part.number, part.title]))
            ready = f"waits for {len(waiting)} of its runs" if waiting else "ready"
            sys.stdout.write(f"{id_} ({title}): {ready}\n")
    sys.stdout.write(f"{len(planned) - len(missing)} of {len(planned)} runs are done.\n")

"""Train what is missing of a study, resume what was interrupted, and test.

Nothing is done twice: call it again after an interrupt, or at the same time in several shells or on
several machines with a shared disk, which then share the runs.
"""

from __future__ import annotations

import argparse
import sys

from restorekit.cli.process import terminate_as_interrupt
from restorekit.cli.study.choice import add_choice, chosen_plan
from restorekit.errors import ConfigError, RestoreKitError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit study run``."""
    add_choice(parser)
    parser.add_argument(
        "--nproc",
        type=int,
        default=1,
        metavar="N",
        help="processes that train a run together (default: 1)",
    )
    parser.add_argument(
        "--launcher",
        choices=("none", "slurm"),
        default="none",
        help="slurm: print a job array for sbatch, with a task for each run that is not done, "
        "instead of running anything",
    )


def run(args: argparse.Namespace) -> None:
    """Run the study, or print the script that does.

    Raises:
        RestoreKitError: If runs failed.
    """
    from restorekit.studies.run import require_unchanged, run_study
    from restorekit.studies.slurm import slurm_script

    if args.nproc < 1:
        raise ConfigError(f"--nproc {args.nproc}: give a whole number of at least 1.")
    study, planned = chosen_plan(args)
    if args.launcher == "slurm":
        require_unchanged(planned)
        sys.stdout.write(slurm_script(study, planned, args.nproc, args.work_dir, args.plugin))
        return
    with terminate_as_interrupt():
        outcome = run_study(planned, processes=args.nproc, report=_report)
    counts = {
        "done": len(outcome.done),
        "done before": len(outcome.found),
        "in another process": len(outcome.elsewhere),
        "failed": len(outcome.failed),
    }
    summary = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    _report(f"Runs: {summary or 'none'}, of {len(planned)}.")
    if outcome.failed:
        for job, why in outcome.failed:
            _report(f"{job}: {why} ({job.log})")
        job, why = outcome.failed[0]
        raise RestoreKitError(
            f"{len(outcome.failed)} of {len(planned)} runs failed, the first of them {job}: "
            f"{why.rstrip('.')} ({job.log}). Call it again to try once more."
        )


def _report(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()

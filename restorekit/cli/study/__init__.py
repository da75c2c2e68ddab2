"""Studies: the tables and figures of a paper by command."""

from __future__ import annotations

import argparse

from restorekit.cli.subcommands import add_subcommands

#: Sub-command, and the sentence that ``restorekit study --help`` shows for it. The module of the
#: same name in this package has ``add_arguments(parser)`` and ``run(args)``.
SUBCOMMANDS = {
    "list": "show the known studies",
    "status": "show how far the runs of a study are",
    "run": "train what is missing, resume what was interrupted, and test",
    "draw": "draw a study's tables and figures from what is measured so far",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands."""
    add_subcommands(parser, __name__, SUBCOMMANDS, {"run": "run_missing"})


def run(args: argparse.Namespace) -> None:
    """Run the sub-command."""
    args.run_subcommand(args)

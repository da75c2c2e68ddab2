"""Figures for papers and pages, as PNG, SVG and PDF."""

from __future__ import annotations

import argparse

from restorekit.cli.subcommands import add_subcommands

#: Sub-command, and the sentence that ``restorekit figure --help`` shows for it.
SUBCOMMANDS = {
    "compare": "show images of several methods side by side, with enlarged parts",
    "curves": "show losses and metrics over several trainings",
    "scatter": "show quality against cost, from results files",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands."""
    add_subcommands(parser, __name__, SUBCOMMANDS)


def run(args: argparse.Namespace) -> None:
    """Run the sub-command."""
    args.run_subcommand(args)

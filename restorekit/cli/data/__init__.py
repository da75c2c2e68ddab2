"""Prepare datasets."""

from __future__ import annotations

import argparse

from restorekit.cli.subcommands import add_subcommands

#: Sub-command, and the sentence that ``restorekit data --help`` shows for it. The module of the
#: same name in this package has ``add_arguments(parser)`` and ``run(args)``.
SUBCOMMANDS = {
    "list": "show the known datasets",
    "prepare": "create the canonical form of a known dataset from any copy of it",
    "verify": "check that a dataset is complete, and tell which version it is",
    "leaks": "find the photographs that a training and a test set share",
    "lmdb": "write an LMDB from any dataset that can be read, or verify one",
    "synthesize": "render rain onto clean images",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands."""
    add_subcommands(parser, __name__, SUBCOMMANDS)


def run(args: argparse.Namespace) -> None:
    """Run the sub-command."""
    args.run_subcommand(args)

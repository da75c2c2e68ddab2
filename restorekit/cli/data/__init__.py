"""Prepare datasets."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Any

#: Sub-command, and the sentence that ``restorekit data --help`` shows for it. The module of the
#: same name in this package has ``add_arguments(parser)`` and ``run(args)``.
SUBCOMMANDS = {
    "list": "show the datasets that the catalog knows",
    "prepare": "make the canonical form of a known dataset of any copy of it",
    "verify": "look whether a dataset is whole, and which version it is",
    "leaks": "find the photographs that a training and a test set share",
    "lmdb": "write an LMDB from any dataset that can be read, or verify one",
    "synthesize": "render rain onto clean images",
}


class _SubcommandParser(argparse.ArgumentParser):
    """Imports the module of its sub-command when that is the one called."""

    subcommand = ""

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        if self.subcommand:
            module = import_module(f"{__name__}.{self.subcommand}")
            self.subcommand = ""
            self.description = module.__doc__
            self.formatter_class = argparse.RawDescriptionHelpFormatter
            self.set_defaults(run_subcommand=module.run)
            module.add_arguments(self)
        return super().parse_known_args(args, namespace)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands."""
    subparsers = parser.add_subparsers(
        metavar="SUBCOMMAND", required=True, parser_class=_SubcommandParser
    )
    for name, text in SUBCOMMANDS.items():
        subparsers.add_parser(name, help=text).subcommand = name


def run(args: argparse.Namespace) -> None:
    """Run the sub-command."""
    args.run_subcommand(args)

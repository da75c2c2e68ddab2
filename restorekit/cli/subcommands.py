"""Commands that consist of sub-commands, each a module that is imported when it is called."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any


def add_subcommands(
    parser: argparse.ArgumentParser,
    package: str,
    subcommands: Mapping[str, str],
    modules: Mapping[str, str] | None = None,
) -> None:
    """Add sub-commands; ``args.run_subcommand(args)`` runs the one that was called.

    Args:
        parser: Of the command.
        package: Holds a module for each sub-command, with ``add_arguments(parser)`` and
            ``run(args)``; its docstring is the help.
        subcommands: Name, and the sentence that the command's help shows for it.
        modules: The module of a sub-command that has another name: a module ``run`` would take
            the place of the package's function of that name.
    """
    subparsers = parser.add_subparsers(
        metavar="SUBCOMMAND", required=True, parser_class=SubcommandParser
    )
    for name, text in subcommands.items():
        subparsers.add_parser(
            name, help=text
        ).module = f"{package}.{(modules or {}).get(name, name)}"


class SubcommandParser(argparse.ArgumentParser):
    """Imports the module of its sub-command when that is the one called."""

    module = ""

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        self.load()
        return super().parse_known_args(args, namespace)

    def load(self) -> None:
        """Add the arguments of the sub-command."""
        if self.module:
            module = import_module(self.module)
            self.module = ""
            self.description = module.__doc__
            self.formatter_class = argparse.RawDescriptionHelpFormatter
            self.set_defaults(run_subcommand=module.run)
            module.add_arguments(self)

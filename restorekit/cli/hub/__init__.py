"""Published weights by name; `restorekit list models --published` shows them."""

from __future__ import annotations

import argparse

from restorekit.cli.subcommands import add_subcommands

#: Sub-command, and the sentence that ``restorekit hub --help`` shows for it.
SUBCOMMANDS = {
    "fetch": "bring published networks onto this machine",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands."""
    add_subcommands(parser, __name__, SUBCOMMANDS)


def run(args: argparse.Namespace) -> None:
    """Run the sub-command."""
    args.run_subcommand(args)

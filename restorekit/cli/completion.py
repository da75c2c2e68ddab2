"""Print a script that makes a shell complete restorekit's commands, options and files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import shtab

from restorekit.cli.main import COMMANDS, installed_commands
from restorekit.cli.subcommands import SubcommandParser

#: Where each shell looks for the script.
PLACES = {
    "bash": "~/.local/share/bash-completion/completions/restorekit",
    "zsh": "a folder of $fpath, as _restorekit",
    "fish": "~/.config/fish/completions/restorekit.fish",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit completion``."""
    parser.add_argument(
        "shell",
        choices=tuple(PLACES),
        help="the shell; write the output to "
        + ", ".join(f"{place} ({shell})" for shell, place in PLACES.items()),
    )


def run(args: argparse.Namespace) -> None:
    sys.stdout.write(shtab.complete(whole_parser(), args.shell) + "\n")


def whole_parser() -> argparse.ArgumentParser:
    """Return a parser of all commands, those of installed packages among them."""
    parser = argparse.ArgumentParser(prog="restorekit", description="Image restoration.")
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(metavar="COMMAND")
    installed = installed_commands()
    for name in (*COMMANDS, *installed):
        module = installed[name].load() if name in installed else _module_of(name)
        text = COMMANDS.get(name) or (module.__doc__ or "").partition("\n")[0]
        module.add_arguments(commands.add_parser(name, help=text.replace("%", "%%")))
    for action in _actions(parser):
        # Options that take text mostly take a file; those for numbers have a type.
        takes_text = action.nargs != 0 and action.type is None and action.choices is None
        if takes_text:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    return parser


def _module_of(name: str) -> ModuleType:
    return import_module(f"restorekit.cli.{name}")


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    if isinstance(parser, SubcommandParser):
        parser.load()
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _actions(inner)

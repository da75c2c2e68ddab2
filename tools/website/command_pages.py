"""The reference of the commands, from their argument parsers."""

import argparse
import re
from importlib import import_module
from textwrap import dedent

from restorekit.cli.main import COMMANDS
from restorekit.cli.subcommands import SubcommandParser

_OVERVIEW = """\
# Commands

Each is `restorekit NAME`; `--help` shows what its page here says. The exit status is 0 on success,
2 for a wrong call or bad input, which one sentence on standard error explains, and 130 after an
interrupt.

| command | does |
|---|---|
"""


def command_pages() -> dict[str, str]:
    """Return the pages by their place on the site."""
    rows = "".join(f"| [`{name}`]({name}.md) | {does} |\n" for name, does in COMMANDS.items())
    pages = {f"reference/commands/{name}.md": _page(name) for name in COMMANDS}
    return {"reference/commands/index.md": _OVERVIEW + rows, **pages}


def _page(name: str) -> str:
    module = import_module(f"restorekit.cli.{name}")
    parser = argparse.ArgumentParser(prog=f"restorekit {name}", description=module.__doc__)
    module.add_arguments(parser)
    return f"# restorekit {name}\n\n" + _describe(parser, level=2)


def _describe(parser: argparse.ArgumentParser, level: int) -> str:
    if isinstance(parser, SubcommandParser):
        parser.load()
    parts = [_prose(parser.description or ""), f"```text\n{_usage(parser)}\n```"]
    nested = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            nested += list(dict(action.choices).values())
            parts.append(_subcommands(action))
    for group in parser._action_groups:
        rows = [row for action in group._group_actions if (row := _row(action))]
        if rows:
            standard = group.title in {"options", "optional arguments", "positional arguments"}
            if not standard and group.title:
                parts.append(f"**{group.title}**")
            parts.append("\n".join(["| argument | means |", "|---|---|", *rows]))
    for inner in nested:
        parts.append(f"{'#' * level} {inner.prog}")
        parts.append(_describe(inner, level + 1))
    return "\n\n".join(part for part in parts if part) + "\n"


def _subcommands(action: argparse.Action) -> str:
    """Return a table of sub-commands; argparse keeps their sentences beside the parsers."""
    rows = (f"| `{one.dest}` | {_cell(one.help)} |" for one in action._choices_actions)
    return "\n".join(["| sub-command | does |", "|---|---|", *rows])


def _usage(parser: argparse.ArgumentParser) -> str:
    return re.sub(r"^usage: ", "", parser.format_usage().strip())


def _row(action: argparse.Action) -> str:
    if isinstance(action, argparse._SubParsersAction) or action.option_strings[:1] == ["-h"]:
        return ""
    if action.help == argparse.SUPPRESS:
        return ""
    value = action.metavar or (
        "{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper()
    )
    value = " ".join(value) if isinstance(value, tuple) else value
    names = " ".join(action.option_strings)
    shown = value if not names else names if action.nargs == 0 else f"{names} {value}"
    many = " …" if action.nargs in {"+", "*", argparse.REMAINDER} else ""
    text = (action.help or "") % {**vars(action), "prog": ""} if action.help else ""
    return f"| {_cell(f'`{shown}{many}`')} | {_cell(_literal(text))} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _literal(text: str) -> str:
    """Return plain text in a form that Markdown shows as it is, but for code in backquotes."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else _escaped(part) for part in parts)


def _escaped(text: str) -> str:
    return re.sub(r"([*_\[\]])", r"\\\1", text).replace("<", "&lt;")


def _prose(text: str) -> str:
    """Return a description: paragraphs as they are, indented ones as blocks of text."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(
        f"```text\n{dedent(part)}\n```" if part.startswith("    ") else _literal(part)
        for part in paragraphs
    )

"""Check what a plugin registers, with the suites that restorekit's own parts pass."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import DictAction

from restorekit.checking import KINDS, Outcome, check_part
from restorekit.errors import ConfigError, RestoreKitError, did_you_mean
from restorekit.io.terminal import text_table
from restorekit.plugins import load_plugin_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit check``."""
    parser.add_argument("plugin", help="a Python file, or the name of a module that is installed")
    parser.add_argument(
        "--set",
        nargs="+",
        action=DictAction,
        default={},
        metavar="NAME.ARGUMENT=VALUE",
        help="arguments for parts that cannot be built without, such as RainGate.channels=8",
    )


def run(args: argparse.Namespace) -> None:
    """Load the plugin, check its parts, and print a line for each check."""
    before = {kind: names() for kind, names in KINDS.items()}
    _load(args.plugin)
    added = {kind: sorted(names() - before[kind]) for kind, names in KINDS.items()}
    if not any(added.values()):
        raise ConfigError(
            f"{args.plugin} registers nothing that can be checked: decorate its parts, for example "
            "with @MODELS.register_module()."
        )
    arguments = _arguments(args.set, [name for names in added.values() for name in names])
    outcomes = [
        outcome
        for kind, names in added.items()
        for name in names
        for outcome in check_part(kind, name, arguments.get(name, {}))
    ]
    rows = [[one.part, one.check, one.failure or "yes"] for one in outcomes]
    sys.stdout.write(text_table(["part", "it", "passes"], rows))
    _report(outcomes)


def _load(plugin: str) -> None:
    if plugin.endswith(".py") or Path(plugin).is_file():
        load_plugin_file(plugin)
        return
    # A package that is not installed is found in the present folder, as by `python -m`.
    sys.path.insert(0, str(Path.cwd()))
    try:
        importlib.import_module(plugin)
    except RestoreKitError:
        raise
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"There is no file and no module {plugin!r} ({error}): give the path of a .py file, or "
            "run the command in the folder of the package."
        ) from error
    except Exception as error:
        raise ConfigError(
            f"Importing {plugin} failed with {type(error).__name__}: {error}"
        ) from error
    finally:
        sys.path.pop(0)


def _arguments(given: Mapping[str, Any], names: list[str]) -> dict[str, dict[str, Any]]:
    """Sort ``NAME.ARGUMENT=VALUE`` by name."""
    found: dict[str, dict[str, Any]] = {}
    for key, value in given.items():
        name, dot, argument = key.partition(".")
        if not dot or name not in names:
            raise ConfigError(
                f"--set {key}: the plugin registers no {name!r}.{did_you_mean(name, names)} It "
                f"registers {', '.join(names)}; say NAME.ARGUMENT=VALUE."
            )
        found.setdefault(name, {})[argument] = value
    return found


def _report(outcomes: list[Outcome]) -> None:
    failed = [one for one in outcomes if one.failure]
    if failed:
        raise ConfigError(
            f"{len(failed)} of {len(outcomes)} checks failed; the first: {failed[0].part}: "
            f"{failed[0].check}: {failed[0].failure}."
        )
    sys.stdout.write(f"All {len(outcomes)} checks passed.\n")

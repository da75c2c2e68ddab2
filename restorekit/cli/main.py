"""Dispatch of ``restorekit COMMAND …`` and the one place where errors become exit statuses."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NoReturn

from restorekit.errors import USER_ERROR_STATUS, RestoreKitError, did_you_mean
from restorekit.version import __version__

#: Command, and the sentence that ``restorekit --help`` shows for it. The module of the same
#: name in this package has ``add_arguments(parser)`` and ``run(args)``.
#: Installed packages add commands by the entry-point group ``restorekit.commands``, whose names
#: lead to such modules.
COMMANDS = {
    "train": "train a model from a config",
    "test": "restore a test set, measure it and write results.json",
    "evaluate": "measure a folder of images that any program restored",
    "data": "prepare datasets: list, prepare, verify, leaks, lmdb, synthesize",
    "restore": "restore photographs with a trained or converted network",
    "convert": "turn a checkpoint of a method's authors into one of ours",
    "leaderboard": "rank results files against each other and the rainy input",
    "bench": "measure speed and memory against reference implementations",
    "list": "show what is registered",
}


COMMAND_GROUP = "restorekit.commands"


def program(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and end the process with its exit status: what a shell starts.

    One of several processes ends at once. Threads that talk to the others would turn an
    ordinary end into an abort, or wait for those.
    """
    status = main(argv)
    # Commands that never import it have no process group.
    distributed: Any = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        for worker in multiprocessing.active_children():
            worker.terminate()
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    0 means success; 2 a wrong call or bad input, told in one sentence on standard error;
    130 an interrupt from the keyboard. Other exceptions are defects and keep their
    traceback.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in {"-h", "--help"}:
        sys.stdout.write(_overview())
        return 0 if arguments else 2
    if arguments[0] == "--version":
        sys.stdout.write(f"restorekit {__version__}\n")
        return 0
    name = arguments[0]
    if name in COMMANDS:
        module = import_module(f"restorekit.cli.{name}")
    elif name in (installed := installed_commands()):
        module = installed[name].load()
    else:
        known = [*COMMANDS, *installed]
        sys.stderr.write(
            f"restorekit: {name!r} is not a command.{did_you_mean(name, known)} "
            "`restorekit --help` lists them.\n"
        )
        return 2
    parser = argparse.ArgumentParser(prog=f"restorekit {name}", description=module.__doc__)
    module.add_arguments(parser)
    args = parser.parse_args(arguments[1:])
    try:
        module.run(args)
    except RestoreKitError as error:
        _report(name, error)
        return USER_ERROR_STATUS
    except BrokenPipeError:
        # Whoever read the output has had enough (`| head`); Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        sys.stderr.write(f"restorekit {name}: interrupted.\n")
        return 130
    return 0


def installed_commands() -> dict[str, EntryPoint]:
    """Return the commands that installed packages add; ``restorekit``'s own names stay its own."""
    points = entry_points(group=COMMAND_GROUP)
    return {point.name: point for point in points if point.name not in COMMANDS}


def _report(name: str, error: RestoreKitError) -> None:
    """Say what went wrong: once, also where several processes run into it together."""
    if "TORCHELASTIC_ERROR_FILE" in os.environ:
        # Started by PyTorch's launcher, which shows what the first process leaves it.
        from torch.distributed.elastic.multiprocessing.errors import get_error_handler

        get_error_handler().record_exception(type(error)(_sentence(error)))
    else:
        sys.stderr.write(f"restorekit {name}: {_sentence(error)}\n")


def _sentence(error: RestoreKitError) -> str:
    """Return the message; of an error in a data loader's worker, without its traceback."""
    text = str(error)
    return text.strip().splitlines()[-1].split(": ", 1)[-1] if "\n" in text else text


def _overview() -> str:
    commands = COMMANDS | {
        name: f"from the installed package {point.dist.name if point.dist else point.module}"
        for name, point in installed_commands().items()
    }
    width = max(map(len, commands))
    lines = [f"  {name:<{width}}  {text}" for name, text in commands.items()]
    return (
        "usage: restorekit COMMAND [ARGUMENT ...]\n\n"
        "Image restoration, deraining first.\n\ncommands:\n"
        + "\n".join(lines)
        + "\n\n`restorekit COMMAND --help` explains one.\n"
    )

"""Dispatch of ``restorekit COMMAND …`` and the one place where errors become exit statuses."""

from __future__ import annotations

import argparse
import errno
import logging
import multiprocessing
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import FrameType
from typing import Any, NoReturn

from restorekit.cli.process import keep_freed_memory
from restorekit.errors import USER_ERROR_STATUS, RestoreKitError, did_you_mean, one_line
from restorekit.version import __version__

#: Command, and the sentence that ``restorekit --help`` shows for it. The module of the same
#: name in this package has ``add_arguments(parser)`` and ``run(args)``.
#: Installed packages add commands by the entry-point group ``restorekit.commands``, whose names
#: lead to such modules.
COMMANDS = {
    "train": "train a model from a config",
    "test": "restore a test set, measure it and write results.json",
    "reproduce": "check that a training can be repeated, train it again, compare the weights",
    "evaluate": "measure a folder of images that any program restored",
    "data": "prepare datasets: list, prepare, verify, leaks, lmdb, synthesize",
    "restore": "restore photographs and videos",
    "serve": "restore photographs and videos on a page in the browser",
    "convert": "convert a checkpoint that a method's authors released",
    "export": "write a network as an ONNX file for other engines",
    "figure": "draw methods side by side, curves of trainings, quality against cost",
    "leaderboard": "rank results files against each other and the rainy input",
    "study": "train, test and draw what makes a paper's tables and figures",
    "robustness": "report how networks fare as rain, image size and compression change",
    "new": "write a small package with a network, loss, measure … of your own",
    "check": "check what a plugin registers, as restorekit's own parts are checked",
    "doctor": "look whether this machine is ready",
    "list": "show what is registered",
    "info": "show what a network takes: parameters, operations, image sizes, memory, time",
    "hub": "fetch published weights by name",
    "publish": "write a trained network as one file with its facts, or into an index",
    "completion": "print what makes a shell complete restorekit's commands",
}


COMMAND_GROUP = "restorekit.commands"


def program(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and end the process with its exit status: what a shell starts.

    One of several processes ends at once. Threads that talk to the others would turn an
    ordinary end into an abort, or wait for those.
    """
    keep_freed_memory()
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

    0 means success; 2 a wrong call, bad input or an output that cannot be written, reported
    in one sentence on standard error; 130 an interrupt from the keyboard. Other exceptions
    are defects and keep their traceback.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in {"-h", "--help"}:
        sys.stdout.write(_overview())
        return 0 if arguments else 2
    if arguments[0] == "--version":
        sys.stdout.write(f"restorekit {__version__}\n")
        return 0
    name = arguments[0]
    installed = {} if name in COMMANDS else installed_commands()
    if name not in COMMANDS and name not in installed:
        known = [*COMMANDS, *installed]
        sys.stderr.write(
            f"restorekit: {one_line(repr(name))} is not a command.{did_you_mean(name, known)} "
            "`restorekit --help` lists them.\n"
        )
        return 2
    detail = ""  # what an interrupted command says of its work
    with _Interrupts() as interrupts:
        try:
            _quiet_libraries()
            _run(name, installed.get(name), arguments[1:])
        except RestoreKitError as error:
            if not interrupts.received:
                _report(_typed(arguments), error)
                return USER_ERROR_STATUS
        except BrokenPipeError:
            # Whoever read the output has had enough (`| head`); Python would complain at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except OSError as error:
            if not interrupts.received:
                if error.errno not in _OUTPUT_ERRORS:
                    raise
                _report(_typed(arguments), RestoreKitError(_os_sentence(error)))
                return USER_ERROR_STATUS
        except KeyboardInterrupt as error:
            detail = one_line(str(error))
        except BaseException:
            # What an interrupt breaks off (an import, a worker) often fails as something else.
            if not interrupts.received:
                raise
        else:
            return 0
        colon = ": " if detail else ""
        sys.stderr.write(f"restorekit {_typed(arguments)}: interrupted{colon}{detail}.\n")
        return 130


def installed_commands() -> dict[str, EntryPoint]:
    """Return the commands that installed packages add; ``restorekit``'s own names stay its own."""
    points = entry_points(group=COMMAND_GROUP)
    return {point.name: point for point in points if point.name not in COMMANDS}


def _quiet_libraries() -> None:
    """Keep libraries from printing for themselves and from reporting what they are used for."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("SVT_LOG", "1")  # errors only
    # ONNX Runtime would send usage events to its makers, and write a device number into the cache.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    warnings.filterwarnings("ignore", module=r"PIL\.")


def _run(name: str, installed: EntryPoint | None, arguments: Sequence[str]) -> None:
    module = installed.load() if installed else import_module(f"restorekit.cli.{name}")
    parser = argparse.ArgumentParser(prog=f"restorekit {name}", description=module.__doc__)
    module.add_arguments(parser)
    module.run(parser.parse_args(arguments))


def _typed(arguments: Sequence[str]) -> str:
    """Return the name of the command as it was typed, with its sub-command if there is one."""
    name, *rest = arguments
    module = sys.modules.get(f"restorekit.cli.{name}")
    known = rest[:1] if rest and rest[0] in getattr(module, "SUBCOMMANDS", ()) else []
    return " ".join([name, *known])


class _Interrupts:
    """Remember, inside the block, whether the keyboard interrupted this process."""

    def __init__(self) -> None:
        self.received = False
        self._previous: Any = None

    def __enter__(self) -> _Interrupts:
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            self._previous = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    def _interrupt(self, number: int, frame: FrameType | None) -> NoReturn:
        self.received = True
        signal.default_int_handler(number, frame)


def _report(command: str, error: RestoreKitError) -> None:
    """Print what went wrong: once, also where several processes run into it together."""
    if "TORCHELASTIC_ERROR_FILE" in os.environ:
        # Started by PyTorch's launcher, which shows what the first process leaves it.
        from torch.distributed.elastic.multiprocessing.errors import get_error_handler

        get_error_handler().record_exception(type(error)(_sentence(error)))
    else:
        sys.stderr.write(f"restorekit {command}: {_sentence(error)}\n")


def _sentence(error: RestoreKitError) -> str:
    """Return the message in one line; an error of a data loader's worker without its traceback."""
    text = str(error)
    if "Original Traceback" in text:
        # Its last part is `module.Class: message`, and the message may have several lines.
        raised = list(re.finditer(r"^(?:\w+\.)*\w*(?:Error|Exception): ", text, re.MULTILINE))
        text = text[raised[-1].end() :] if raised else text
    return one_line(text)


#: Errors of the operating system that are about a file or folder a user named.
_OUTPUT_ERRORS = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EEXIST,
    errno.EFBIG,
    errno.EIO,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
    errno.EMFILE,
}


def _os_sentence(error: OSError) -> str:
    from restorekit.io.files import why_not_written

    path = error.filename2 or error.filename
    return f"{os.fsdecode(path) if path else 'a file'}: {why_not_written(error)}."


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

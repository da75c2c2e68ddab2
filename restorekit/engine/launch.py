"""``torchrun`` with the errors of a single process.

PyTorch's launcher answers a failed process with a page of log and exit status 1. When the cause
is a mistake that a user can mend, each process hands its sentence to the launcher, which shows
it once and exits with 2. The processes share the cores of the machine: more threads than cores
slow small convolutions down many times over.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

#: The variables that numerical libraries take their number of threads from.
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
#: When the launcher started, in seconds since 1970: see :func:`restarted_since`.
_STARTED = "RESTOREKIT_LAUNCHED_AT"
_RESTARTS = "--max-restarts"


def launch(argv: Sequence[str]) -> int:
    """Run ``torchrun`` with ``argv`` and return the exit status for the shell.

    ``--max-restarts N`` may stand anywhere in ``argv``.
    """
    try:
        return _launch(argv)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: all processes were stopped.\n")
        return 130


def _launch(argv: Sequence[str]) -> int:
    # They take seconds to import, and an interrupt may come before that is done.
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main as torchrun

    from restorekit.errors import USER_ERROR_STATUS
    from restorekit.io.terminal import counted
    from restorekit.io.threads import usable_cores

    for name in (
        "torch.distributed.elastic",
        "torch.distributed.elastic.multiprocessing.errors.error_handler",
        "torch.distributed.run",
    ):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    arguments, restarts = take_restarts(argv)
    if not restarts.isdecimal():
        sys.stderr.write(
            f"{_RESTARTS} {restarts}: give how often the processes may be started again, a whole "
            "number.\n"
        )
        return USER_ERROR_STATUS
    processes = int(arguments[arguments.index("--nproc-per-node") + 1])
    threads = threads_each(os.environ, processes, usable_cores())
    os.environ.update({name: str(threads) for name in _THREADS})
    os.environ[_STARTED] = repr(time.time())
    sys.stderr.write(
        f"{counted(processes, 'process')} with {counted(threads, 'thread')} each on "
        f"{usable_cores()} usable cores.\n"
    )
    try:
        torchrun([_RESTARTS, restarts, *arguments])
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        if failure.exitcode == USER_ERROR_STATUS:
            # A process without a message met a wrong argument, which argparse has reported.
            message: Any = failure.message
            if isinstance(message, dict):
                # PyTorch puts the name of the exception in front.
                sys.stderr.write(f"{message['message'].split(': ', 1)[-1]}\n")
            return USER_ERROR_STATUS
        sys.stderr.write(f"{_what_ended(rank, failure.pid, failure.exitcode)}\n")
        return 1
    except SignalException as error:
        if error.sigval != signal.SIGINT:
            sys.stderr.write(f"{error.sigval.name}: all processes were stopped.\n")
            return 128 + error.sigval
        raise KeyboardInterrupt from error
    return 0


def take_restarts(argv: Sequence[str]) -> tuple[list[str], str]:
    """Return ``argv`` without ``--max-restarts N``, and its N."""
    arguments, restarts = list(argv), "0"
    for index in reversed(range(len(arguments))):
        name, equals, value = arguments[index].partition("=")
        if name == _RESTARTS:
            restarts = value if equals else "".join(arguments[index + 1 : index + 2])
            del arguments[index : index + (1 if equals else 2)]
    return arguments, restarts


def attempt() -> str:
    """Return how often the launcher has started the processes again, as a number in a text."""
    return os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")


def restarted_since() -> float | None:
    """Return when the launcher began, in a process that it has started again; else None."""
    if attempt() == "0" or _STARTED not in os.environ:
        return None
    return float(os.environ[_STARTED])


def threads_each(environment: Mapping[str, str], processes: int, cores: int) -> int:
    """Return how many threads each process gets: its share of the cores, or fewer if asked for."""
    share = max(cores // processes, 1)
    # A list holds the numbers of nested parallel regions; the first one counts.
    wanted = environment.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return min(int(wanted), share) if wanted.isdigit() and int(wanted) else share


def _what_ended(rank: int, pid: int, status: int) -> str:
    """Return a sentence about a process that failed."""
    if status >= 0:
        return f"Process {rank} failed with exit status {status}; see its messages above."
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    cause = " (often for want of memory)" if name == "SIGKILL" else ""
    return (
        f"Process {rank} (pid {pid}) was ended by {name}{cause}, and the others were stopped: "
        f"--resume continues from the last checkpoint, and {_RESTARTS} N does so without being "
        "asked."
    )


if __name__ == "__main__":
    sys.exit(launch(sys.argv[1:]))

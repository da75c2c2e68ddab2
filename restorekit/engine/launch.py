"""``torchrun`` with the errors of a single process.

PyTorch's launcher answers a failed process with a page of log and exit status 1. When the cause
is a mistake that a user can mend, each process hands its sentence to the launcher, which shows
it once and exits with 2. The processes share the cores of the machine: more threads than cores
slow small convolutions down many times over.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main as torchrun

from restorekit.errors import USER_ERROR_STATUS
from restorekit.io.threads import usable_cores

#: The variables that numerical libraries take their number of threads from.
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


def launch(argv: Sequence[str]) -> int:
    """Run ``torchrun`` with ``argv`` and return the exit status for the shell."""
    for name in (
        "torch.distributed.elastic",
        "torch.distributed.elastic.multiprocessing.errors.error_handler",
        "torch.distributed.run",
    ):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    processes = int(argv[argv.index("--nproc-per-node") + 1])
    threads = threads_each(os.environ, processes, usable_cores())
    os.environ.update({name: str(threads) for name in _THREADS})
    sys.stderr.write(
        f"{processes} {'process' if processes == 1 else 'processes'} with {threads} "
        f"{'thread' if threads == 1 else 'threads'} each on {usable_cores()} usable cores.\n"
    )
    try:
        torchrun(list(argv))
    except ChildFailedError as error:
        _, failure = error.get_first_failure()
        if failure.exitcode == USER_ERROR_STATUS:
            # A process without a message met a wrong argument, which argparse has reported.
            message: Any = failure.message
            if isinstance(message, dict):
                # PyTorch puts the name of the exception in front.
                sys.stderr.write(f"{message['message'].split(': ', 1)[-1]}\n")
            return USER_ERROR_STATUS
        sys.stderr.write(
            f"Process {failure.local_rank} failed with exit status {failure.exitcode}; see its "
            "messages above.\n"
        )
        return 1
    except (KeyboardInterrupt, SignalException):
        sys.stderr.write("interrupted: all processes were stopped.\n")
        return 130
    return 0


def threads_each(environment: Mapping[str, str], processes: int, cores: int) -> int:
    """Return how many threads each process gets: its share of the cores, or fewer if asked for."""
    share = max(cores // processes, 1)
    # A list holds the numbers of nested parallel regions; the first one counts.
    wanted = environment.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return min(int(wanted), share) if wanted.isdigit() and int(wanted) else share


if __name__ == "__main__":
    sys.exit(launch(sys.argv[1:]))

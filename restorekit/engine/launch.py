"""``torchrun`` whose failures read like those of a single process.

PyTorch's launcher answers a process that failed with a page of log and exit status 1. When
the cause is a mistake that a user can mend, each process hands its sentence to the
launcher, which shows it once and exits with 2.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import Any

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main as torchrun

from restorekit.errors import USER_ERROR_STATUS


def launch(argv: Sequence[str]) -> int:
    """Run ``torchrun`` with ``argv`` and return the exit status for the shell."""
    for name in (
        "torch.distributed.elastic",
        "torch.distributed.elastic.multiprocessing.errors.error_handler",
        "torch.distributed.run",
    ):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        torchrun(list(argv))
    except ChildFailedError as error:
        _, failure = error.get_first_failure()
        if failure.exitcode == USER_ERROR_STATUS:
            # Without a message of its own it was a wrong argument, which argparse has shown.
            message: Any = failure.message
            if isinstance(message, dict):
                # Less the name of the exception, which PyTorch puts in front.
                sys.stderr.write(f"{message['message'].split(': ', 1)[-1]}\n")
            return USER_ERROR_STATUS
        sys.stderr.write(
            f"Process {failure.local_rank} failed with exit status {failure.exitcode}; its own "
            "messages stand above.\n"
        )
        return 1
    except (KeyboardInterrupt, SignalException):
        sys.stderr.write("interrupted: all processes were stopped.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(launch(sys.argv[1:]))

"""What the command line sets for its whole process."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

#: Set to 0, it leaves glibc's settings as they are.
SWITCH = "RESTOREKIT_KEEP_FREED_MEMORY"

# Parameters of mallopt, from glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_LARGEST_INT = 2**31 - 1


def keep_freed_memory() -> None:
    """Let glibc keep the memory that is freed instead of returning it to the system.

    By default, glibc asks the system for every block of more than 32 MiB and returns it when it
    is freed. The system clears each page of it, which takes longer than some convolutions.

    Nothing is changed on other systems, if ``RESTOREKIT_KEEP_FREED_MEMORY=0`` is in the
    environment, or if the environment sets parameters of glibc's malloc (``MALLOC_…``,
    ``GLIBC_TUNABLES``).
    """
    chosen = any(name.startswith("MALLOC_") for name in os.environ) or (
        "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", "")
    )
    if sys.platform != "linux" or chosen or os.environ.get(SWITCH) == "0":
        return
    # Other C libraries have no mallopt.
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, _LARGEST_INT)


@contextlib.contextmanager
def terminate_as_interrupt() -> Iterator[None]:
    """Inside the block, let SIGTERM do what Ctrl-C does: a ``KeyboardInterrupt``.

    So a container or cluster that ends a job also gets a finished file. Where somebody else
    handles SIGTERM, that stays.
    """
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

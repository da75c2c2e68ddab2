"""What the command line sets for its whole process."""

from __future__ import annotations

import ctypes
import os
import sys

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

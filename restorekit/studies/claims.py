"""One process at a time works on a run, on one machine or on several with a shared disk."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from restorekit.io.files import try_lock


@contextlib.contextmanager
def claim(path: Path) -> Iterator[int | None]:
    """Yield the descriptor of a lock, or None if another process has it.

    A process that is started with the descriptor (``pass_fds``) shares the lock: it ends when
    both have ended, however they end. So a training whose parent was killed keeps its claim. The
    file stays. File systems without locks do without, and so does Windows.

    Args:
        path: The lock's file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not try_lock(handle):
            yield None
            return
        os.ftruncate(handle, 0)
        os.write(handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
        yield handle
    finally:
        os.close(handle)


def holder(path: Path) -> str | None:
    """Return which process has a lock, in words; None if no process has it."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        if try_lock(handle):
            return None
        return os.read(handle, 200).decode(errors="replace").strip() or "another process"
    finally:
        os.close(handle)

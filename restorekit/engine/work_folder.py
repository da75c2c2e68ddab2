"""One training at a time in a work folder."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from restorekit.errors import ConfigError

if sys.platform != "win32":
    import fcntl

_NAME = ".training.lock"
#: Folders that this process trains in.
_held: set[Path] = set()


@contextlib.contextmanager
def sole_training(work_dir: str | os.PathLike[str]) -> Iterator[None]:
    """Keep other processes from training in ``work_dir`` at the same time.

    The lock ends with the process, however it ends; its file stays. It is a POSIX record lock,
    which the workers of data loaders do not inherit: they may outlive a killed training by some
    seconds. File systems without locks do without, and so does Windows.

    Raises:
        ConfigError: If another process trains there.
    """
    folder = Path(work_dir).resolve()
    if sys.platform == "win32" or folder in _held:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _NAME).open("a+", encoding="utf-8") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            file.seek(0)
            who = file.read(200).strip() or "another process"
            raise ConfigError(
                f"Another training ({who}) is writing to {work_dir}: wait until it has ended, or "
                "choose another --work-dir."
            ) from error
        except OSError:
            pass  # a file system without locks
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        _held.add(folder)
        try:
            yield
        finally:
            _held.discard(folder)

"""Keep results until they are downloaded."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from pathlib import Path

from restorekit.io.result_names import RESTORED

#: Characters of a name that may mean something to a browser, a shell or a file system.
_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST = 80


class Results:
    """A folder of results, each in a subfolder that is removed after a while.

    Args:
        folder: The folder, which belongs to the page alone.
        age: Seconds after which a result is removed.
    """

    def __init__(self, folder: Path, age: float) -> None:
        self._folder = folder
        self._age = age

    def new(self, upload: str, suffix: str | None = None) -> Path:
        """Return a new path for the result of an upload, ``NAME_restored.EXT``.

        Args:
            upload: Name of the uploaded file; what could be markup is left out.
            suffix: Suffix of the result; by default that of the upload.
        """
        self.sweep()
        path = Path(upload)
        stem = _UNSAFE.sub("_", path.stem).strip("._")[:_LONGEST] or "photo"
        folder = self._folder / secrets.token_hex(8)
        folder.mkdir(parents=True)
        return folder / f"{stem}{RESTORED}{suffix or path.suffix.lower()}"

    def sweep(self) -> None:
        """Remove results that are old."""
        if not self._folder.is_dir():
            return
        for folder in self._folder.iterdir():
            if time.time() - folder.stat().st_mtime > self._age:
                shutil.rmtree(folder, ignore_errors=True)

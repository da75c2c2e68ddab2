"""Read values of an LMDB without copying them, in any process."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from restorekit.errors import DataError
from restorekit.io.images import Image

from .data_file import DataFile
from .format import DATA_FILE

_REWRITE = "write the LMDB again"


class LmdbValues:
    """The values of an LMDB, opened at the first use; cheap to pickle.

    Args:
        path: Folder of the LMDB.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: DataFile | None = None

    @property
    def file(self) -> DataFile:
        """The file of the LMDB."""
        if self._file is None:
            self._file = DataFile(self.path / DATA_FILE)
        return self._file

    def offset(self, key: bytes, size: int) -> int:
        """Return where a value of ``size`` bytes begins in the file.

        Raises:
            DataError: If the key is missing or its value has another size.
        """
        offset, found = self._find(key)
        if found != size:
            raise DataError(f"{self.name(key)} has {found} bytes, not {size}: {_REWRITE}.")
        return offset

    def pixels(self, key: bytes, shape: tuple[int, ...]) -> Image:
        """Return a value as a read-only uint8 view of the file; only what is used is read.

        Raises:
            DataError: If the key is missing, its value has another size, or the file was cut off.
        """
        size = math.prod(shape)
        return self.file.view(self.offset(key, size), shape, size)

    def copy(self, key: bytes) -> bytes:
        """Return a copy of a value.

        Raises:
            DataError: If the key is missing or the file was cut off.
        """
        return self.file.copy(*self._find(key))

    def get(self, key: bytes) -> bytes | None:
        """Return a copy of a value, or None if there is none."""
        found = self.file.find(key)
        return None if found is None else self.file.copy(*found)

    def name(self, key: bytes) -> str:
        """Return what error messages call a value."""
        return f"{self.path}[{key.decode(errors='replace')}]"

    def _find(self, key: bytes) -> tuple[int, int]:
        found = self.file.find(key)
        if found is None:
            raise DataError(f"{self.name(key)} is missing: {_REWRITE}.")
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "_file": None}

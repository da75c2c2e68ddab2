"""Read values of an LMDB without copying them, in any process.

An LMDB is a file mapped into memory. A process may open it only once, so all its readers share
one mapping, which lives as long as a reader or an array that refers to it.
"""

from __future__ import annotations

import math
import os
import threading
import weakref
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
import numpy.typing as npt

from restorekit.errors import DataError
from restorekit.io.images import Image

_REWRITE = "write the LMDB again"

# py-lmdb refuses to open a file twice in a process. Weak: the last user closes it.
_open_mappings: weakref.WeakValueDictionary[str, _Mapping] = weakref.WeakValueDictionary()
_opening = threading.Lock()


class _Mapping:
    """An open environment and its read transaction, which keeps the pages valid."""

    def __init__(self, path: str) -> None:
        self.pid = os.getpid()
        # With the system's readahead, unlike LMDB's advice for small values at random: a crop's
        # rows lie together, and page by page a disk takes six times as long for them.
        self.environment = lmdb.open(path, readonly=True, create=False, lock=False, meminit=False)
        self.transaction = self.environment.begin(buffers=True)
        # One transaction is not made for several threads at once.
        self.lock = threading.Lock()

    def get(self, key: bytes) -> memoryview | None:
        with self.lock:
            value: memoryview | None = self.transaction.get(key)
            return value


class _Memory:
    """Expose memory to NumPy; as the array's base it keeps the owner of the memory alive."""

    def __init__(self, owner: object, address: int, shape: tuple[int, ...]) -> None:
        self.owner = owner
        self.__array_interface__ = {
            "version": 3,
            "data": (address, True),
            "shape": shape,
            "typestr": "|u1",
        }


def array_at(owner: object, address: int, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Return a read-only array at an address; it keeps ``owner``, which owns the memory, alive."""
    return np.asarray(_Memory(owner, address, shape))


class LmdbValues:
    """The values of an LMDB, opened at the first use in each process; cheap to pickle.

    Args:
        path: Folder of the LMDB.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mapping: _Mapping | None = None

    def pixels(self, key: bytes, shape: tuple[int, ...]) -> Image:
        """Return a value as a read-only uint8 view of the file; only what is used is read.

        Raises:
            DataError: If the key is missing or its value has another size.
        """
        mapping = self._opened()
        value = self._value(mapping, key)
        if len(value) != math.prod(shape):
            raise DataError(f"{self.name(key)} has {len(value)} bytes, not {shape}: {_REWRITE}.")
        address = np.frombuffer(value, np.uint8).ctypes.data
        return array_at(mapping, address, shape)

    def copy(self, key: bytes) -> bytes:
        """Return a copy of a value.

        Raises:
            DataError: If the key is missing.
        """
        return bytes(self._value(self._opened(), key))

    def name(self, key: bytes) -> str:
        """Return what error messages call a value."""
        return f"{self.path}[{key.decode(errors='replace')}]"

    def _value(self, mapping: _Mapping, key: bytes) -> memoryview:
        value = mapping.get(key)
        if value is None:
            raise DataError(f"{self.name(key)} is missing: {_REWRITE}.")
        return value

    def _opened(self) -> _Mapping:
        mapping = self._mapping
        if mapping is None or mapping.pid != os.getpid():
            # First drop the mapping inherited by a fork: it cannot be opened twice.
            mapping = self._mapping = None
            mapping = self._mapping = _shared_mapping(self.path)
        return mapping

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "_mapping": None}


def _shared_mapping(path: Path) -> _Mapping:
    key = str(path.resolve())
    with _opening:
        # After a fork this may be the parent's, to which an array still refers. It works here,
        # too: it is read-only and takes no locks, so only the file is shared.
        mapping = _open_mappings.get(key)
        if mapping is None:
            try:
                mapping = _open_mappings[key] = _Mapping(key)
            except lmdb.Error as error:
                raise DataError(
                    f"The LMDB {path} cannot be opened ({error}): {_REWRITE}."
                ) from error
        return mapping

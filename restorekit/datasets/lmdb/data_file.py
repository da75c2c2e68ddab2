"""Find values in the file of an LMDB, whatever the file holds.

The lmdb library trusts the numbers in the file that it has mapped: one wrong number, or a file
that was cut off after it was opened, kills the process. Here every number is checked against the
size of the file before it is used, and pages are read instead of mapped. Only values are mapped,
for :class:`DataFile`'s callers, who ask for them through :meth:`DataFile.view`.

The format is that of LMDB 0.9 on machines with 64-bit pointers (``lmdb.h`` and ``mdb.c`` of
OpenLDAP): pages of a B+ tree in the byte order of the machine, the first two holding the root.
"""

from __future__ import annotations

import mmap
import os
import struct
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from restorekit.errors import DataError

_MAGIC, _VERSION = 0xBEEFC0DE, 1
#: Kinds of pages.
_BRANCH, _LEAF, _META = 1, 2, 8
_KINDS = 0x6F
#: Flag of a node whose value has pages of its own; nodes with other flags hold databases.
_BIG = 1
#: Flag of an LMDB that wants to be mapped at a fixed address.
_FIXED_MAP = 1
_EMPTY = 2**64 - 1
#: LMDB itself goes no deeper.
_MAX_DEPTH = 32
_HEADER = struct.Struct("=QHHHH")  # number, unused, kind, end of the pointers, start of the nodes
_NODE = struct.Struct("=HHHH")  # size or page in two or three parts, length of the key
_INFO = struct.Struct("=IIQQ" + "IHHQQQQQ" * 2 + "QQ")
_PAGE_NUMBER = struct.Struct("=Q")


class _Info(NamedTuple):
    """What the first two pages say."""

    page_size: int
    flags: int
    free_root: int
    root_flags: int
    root: int
    entries: int
    last_page: int
    transaction: int


class _Page(NamedTuple):
    """A page of the tree, and the offsets of its nodes."""

    data: bytes
    is_leaf: bool
    nodes: tuple[int, ...]


class DataFile:
    """The ``data.mdb`` of an LMDB, for reading; it may be shared by threads and forks.

    Args:
        path: The file.

    Raises:
        DataError: If it cannot be read or is not the file of an LMDB.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            weakref.finalize(self, os.close, self._handle)
            # With the system's readahead: a crop's rows lie together, and page by page a disk
            # takes six times as long for them.
            self._map = mmap.mmap(self._handle, 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # an empty file cannot be mapped
            raise self._error(str(error)) from error
        self._bytes: npt.NDArray[np.uint8] = np.frombuffer(self._map, np.uint8)
        self._info = self._read_info()

    def find(self, key: bytes) -> tuple[int, int] | None:
        """Return where the value of ``key`` begins in the file and its size, or None.

        Raises:
            DataError: If the file is damaged on the way there.
        """
        number = self._info.root
        for _ in range(_MAX_DEPTH):
            if number == _EMPTY:
                return None
            page = self._page(number)
            low, high = 0, len(page.nodes)
            # The first key of a branch is empty: smaller than any.
            while low < high:
                middle = (low + high) // 2
                if self._key(page, middle) <= key:
                    low = middle + 1
                else:
                    high = middle
            if page.is_leaf:
                found = low > 0 and self._key(page, low - 1) == key
                return self._value(number, page, low - 1) if found else None
            number = self._child(page, max(low - 1, 0))
        raise self._error("its pages form a circle")

    def copy(self, offset: int, size: int) -> bytes:
        """Return a copy of a value that :meth:`find` found."""
        data = self._read(offset, size)
        if len(data) != size:
            raise self._error("it has been cut off")
        return data

    def view(self, offset: int, shape: tuple[int, ...], size: int) -> npt.NDArray[np.uint8]:
        """Return a read-only view of a value that keeps the file mapped.

        Raises:
            DataError: If the file has been cut off since it was opened.
        """
        # Reading what a mapped file no longer has kills the process.
        if offset + size > os.fstat(self._handle).st_size:
            raise self._error("it has been cut off")
        pixels: npt.NDArray[np.uint8] = np.ndarray(shape, np.uint8, self._bytes, offset)
        return pixels

    def holds(self, count: int) -> bool:
        """Whether the file says that it has this many values, and is long enough for them."""
        needed = (self._info.last_page + 1) * self._info.page_size
        return self._info.entries == count and os.fstat(self._handle).st_size >= needed

    def check(self) -> None:
        """Check every page, so that the lmdb library can write to the file.

        Raises:
            DataError: If anything would lead it out of the file.
        """
        info = self._info
        if info.flags & _FIXED_MAP or info.root_flags:
            raise self._error("it holds more than one database")
        seen: set[int] = set()
        for _ in self._leaves(info.root, seen):
            pass
        for data in self._leaves(info.free_root, seen):
            count, *pages = struct.unpack(f"={len(data) // 8}Q", data[: len(data) // 8 * 8])
            if count != len(pages) or any(page > info.last_page for page in pages):
                raise self._error("its list of free pages is damaged")
        if seen and max(seen) > info.last_page:
            raise self._error("it has more pages than it says")

    def _leaves(self, root: int, seen: set[int]) -> Iterator[bytes]:
        """Yield the values of all leaves that lie in the list of free pages."""
        waiting = [] if root == _EMPTY else [root]
        while waiting:
            number = waiting.pop()
            if number in seen:
                raise self._error("its pages form a circle")
            seen.add(number)
            page = self._page(number)
            for index in range(len(page.nodes)):
                self._key(page, index)
                if not page.is_leaf:
                    waiting.append(self._child(page, index))
                    continue
                offset, size = self._value(number, page, index)
                if root != self._info.root:
                    if size < _PAGE_NUMBER.size:
                        raise self._error("its list of free pages is damaged")
                    yield self.copy(offset, size)

    def _read_info(self) -> _Info:
        first = self._info_at(0)
        if first is None or first.page_size not in {1 << k for k in range(9, 17)}:
            raise self._error("it is not the file of an LMDB of this kind of machine")
        second = self._info_at(first.page_size)
        return first if second is None or second.transaction < first.transaction else second

    def _info_at(self, offset: int) -> _Info | None:
        data = self._read(offset, _HEADER.size + _INFO.size)
        if len(data) < _HEADER.size + _INFO.size:
            return None
        if not _HEADER.unpack_from(data)[2] & _META:
            return None
        magic, version, _, _, *rest = _INFO.unpack_from(data, _HEADER.size)
        free, main, (last_page, transaction) = rest[:8], rest[8:16], rest[16:]
        if (magic, version) != (_MAGIC, _VERSION):
            return None
        return _Info(free[0], free[1], free[7], main[1], main[7], main[6], last_page, transaction)

    def _page(self, number: int) -> _Page:
        size = self._info.page_size
        offset = number * size
        data = self._read(offset, size) if offset < len(self._map) else b""
        if len(data) != size:
            raise self._error("it has been cut off")
        written, _, flags, lower, upper = _HEADER.unpack_from(data)
        count = (lower - _HEADER.size) // 2
        if (
            written != number
            or flags & _KINDS not in (_BRANCH, _LEAF)
            or count < 1
            or not lower <= upper <= size
        ):
            raise self._error(f"its page {number} is damaged")
        nodes = struct.unpack_from(f"={count}H", data, _HEADER.size)
        if min(nodes) < upper or max(nodes) > size - _NODE.size:
            raise self._error(f"its page {number} is damaged")
        return _Page(data, bool(flags & _LEAF), nodes)

    def _key(self, page: _Page, index: int) -> bytes:
        node = page.nodes[index]
        end = node + _NODE.size + _NODE.unpack_from(page.data, node)[3]
        if end > len(page.data):
            raise self._error("it has a damaged key")
        return page.data[node + _NODE.size : end]

    def _child(self, page: _Page, index: int) -> int:
        low, middle, high, _ = _NODE.unpack_from(page.data, page.nodes[index])
        return int(low | middle << 16 | high << 32)

    def _value(self, number: int, page: _Page, index: int) -> tuple[int, int]:
        node = page.nodes[index]
        low, high, flags, key_size = _NODE.unpack_from(page.data, node)
        size = low | high << 16
        start = node + _NODE.size + key_size
        if flags == _BIG and start + _PAGE_NUMBER.size <= len(page.data):
            (first,) = _PAGE_NUMBER.unpack_from(page.data, start)
            offset = first * self._info.page_size + _HEADER.size
            if offset + size <= len(self._map):
                return offset, size
        elif flags == 0 and start + size <= len(page.data):
            return number * self._info.page_size + start, size
        raise self._error("it has been cut off or damaged")

    def _read(self, offset: int, size: int) -> bytes:
        if not hasattr(os, "pread"):  # Windows, where a mapped file cannot be cut off
            return self._map[offset : offset + size]
        try:
            return os.pread(self._handle, size, offset)
        except OSError as error:
            raise self._error(str(error)) from error

    def _error(self, problem: str) -> DataError:
        return DataError(
            f"{self.path} cannot be read ({problem}): copy the LMDB again or write it again."
        )

"""What work on the CPU asks of the memory's administration."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import platform
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from enum import IntEnum

import torch

#: Set to 0, it leaves glibc as it is.
_VARIABLE = "RESTOREKIT_KEEP_FREED_MEMORY"
#: Whoever sets one of these knows what glibc is to do.
_OF_GLIBC = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_")
_TUNABLES = ("malloc.trim_threshold", "malloc.mmap_max", "malloc.mmap_threshold")

# Parameters of glibc's mallopt (malloc.h).
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
#: Bytes of the largest block that glibc itself would come to take from the heap.
_LARGEST = 1 << 25
#: Bytes of the blocks that are put aside, and of all of them at the most. What is left of smaller
#: blocks is for others; in larger remainders they would be in the way of the next large tensor.
_SIZES = (_LARGEST, 1 << 22, 1 << 20)
_MOST_ASIDE = 1 << 31


class _Kept(IntEnum):
    """What the process keeps of the memory that is freed."""

    #: What glibc itself would come to keep, once a block of 32 MiB has been freed.
    BY_GLIBC = 0
    #: Blocks of up to 32 MiB.
    BLOCKS = 1
    #: Blocks of any size.
    ALL = 2


_SETTINGS = {
    _Kept.BY_GLIBC: {_TRIM_THRESHOLD: 2 * _LARGEST, _MMAP_THRESHOLD: _LARGEST, _MMAP_MAX: 1 << 16},
    # Of what is free at the heap's end only more than 2 GiB, the largest int, is given back.
    _Kept.BLOCKS: {_TRIM_THRESHOLD: 2**31 - 1, _MMAP_THRESHOLD: _LARGEST, _MMAP_MAX: 1 << 16},
    _Kept.ALL: {_TRIM_THRESHOLD: 2**31 - 1, _MMAP_MAX: 0},
}


def keep_freed_memory(x: torch.Tensor, channels: int) -> AbstractContextManager[None]:
    """Within this context, let tensors on the CPU have the memory that others have freed.

    glibc fetches each block from the system, and gives it back when it is freed, that is larger
    than any it has seen freed, or than 32 MiB; and what is free at the heap's end. The system
    clears pages one by one, which takes longer than SSIM, or than a convolution 1×1 of a
    photograph's features. Here blocks of up to 32 MiB come from the heap, or all where there will
    be larger ones, and of what is free at the heap's end only more than 2 GiB is given back.

    At the end glibc does by itself again, as after a block of 32 MiB has been freed, so that the
    rest of the process has its speed as before. As much as the heap has grown by here, up to
    2 GiB, is put aside for the next such context. If gradients are asked for, nothing of this is
    done until a context ends that asks for none: their computation follows. Threads besides the
    main one have heaps of their own, of at most 64 MiB, where large blocks are fetched as ever.

    Nothing is changed where ``RESTOREKIT_KEEP_FREED_MEMORY=0`` is in the environment, or
    settings of glibc's own, nor with another C library.

    Args:
        x: What is to be worked on, (N, …, H, W). On another device nothing is changed either,
            nor from within what is compiled.
        channels: Of the widest features that are made of it at its size.
    """
    if torch.compiler.is_compiling() or not x.is_cpu or (libc := _glibc()) is None:
        return contextlib.nullcontext()
    block = len(x) * channels * x.shape[-2:].numel() * x.element_size()
    what = _Kept.ALL if block >= _LARGEST else _Kept.BLOCKS
    return _heap.keep(libc, what, torch.is_grad_enabled())


class _Heap:
    """glibc's heap, of which several threads can ask something at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._kept = _Kept.BY_GLIBC
        #: Addresses and bytes of the blocks that are put aside.
        self._aside: list[tuple[int, int]] = []
        #: Bytes that may be put aside, beside those by which the heap has grown since this end.
        self._room = self._end = 0

    def forget_users(self) -> None:
        """After a fork: the other threads, and what they were about to do, are not there."""
        self._lock = threading.Lock()
        self._users = 0

    @contextlib.contextmanager
    def keep(self, libc: ctypes.CDLL, what: _Kept, afterwards: bool) -> Iterator[None]:
        with self._lock:
            self._users += 1
            if what > self._kept:
                self._set(libc, what)
            if self._users == 1:
                self._take_back(libc)
        try:
            yield
        finally:
            with self._lock:
                # After a fork within this context there was none left.
                self._users = max(self._users - 1, 0)
                if not (self._users or afterwards):
                    self._put_aside(libc)

    def _set(self, libc: ctypes.CDLL, what: _Kept) -> None:
        self._kept = what
        for parameter, value in _SETTINGS[what].items():
            libc.mallopt(parameter, value)

    def _take_back(self, libc: ctypes.CDLL) -> None:
        self._end = libc.sbrk(0)
        self._room = sum(size for _, size in self._aside)
        while self._aside:
            libc.free(self._aside.pop()[0])

    def _put_aside(self, libc: ctypes.CDLL) -> None:
        self._set(libc, _Kept.BY_GLIBC)
        room = min(self._room + libc.sbrk(0) - self._end, _MOST_ASIDE)
        # What the heap does not hold is fetched, which shows, instead of the heap growing.
        libc.mallopt(_MMAP_THRESHOLD, _SIZES[-1])
        for size in _SIZES:
            while size <= room and (block := libc.malloc(size)):
                if block >= libc.sbrk(0):
                    libc.free(block)
                    break
                self._aside.append((block, size))
                room -= size
        libc.mallopt(_MMAP_THRESHOLD, _LARGEST)


_heap = _Heap()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_heap.forget_users)


@functools.cache
def _glibc() -> ctypes.CDLL | None:
    """Return glibc; nothing if memory is not its own, or somebody has chosen what it keeps."""
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    chosen = (
        os.environ.get(_VARIABLE) == "0"
        or any(name in os.environ for name in _OF_GLIBC)
        or any(name in tunables for name in _TUNABLES)
    )
    if chosen or platform.libc_ver()[0] != "glibc":
        return None
    libc, whole = ctypes.CDLL("libc.so.6"), ctypes.CDLL(None)
    first, second = (ctypes.cast(one.malloc, ctypes.c_void_p).value for one in (libc, whole))
    if first != second:
        # tcmalloc or another, loaded before.
        return None
    libc.sbrk.restype = libc.malloc.restype = ctypes.c_void_p
    libc.sbrk.argtypes, libc.malloc.argtypes = [ctypes.c_ssize_t], [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    return libc

"""What work on the CPU asks of the memory's administration."""

from __future__ import annotations

import ctypes
import functools
import os
import platform

import torch

#: Set to 0, it leaves glibc as it is.
_VARIABLE = "RESTOREKIT_KEEP_FREED_MEMORY"
#: Whoever sets one of these knows what glibc is to do.
_OF_GLIBC = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_")
_TUNABLES = ("malloc.trim_threshold", "malloc.mmap_max", "malloc.mmap_threshold")

# Parameters of glibc's mallopt (malloc.h).
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
#: Bytes of free memory at the heap's end above which some is given back: the largest int.
_KEPT = 2**31 - 1


def keep_freed_memory(x: torch.Tensor) -> None:
    """Let this process keep what tensors on the CPU free, for the next ones.

    glibc fetches each block above 32 MiB from the system and gives it back when it is freed;
    smaller ones too where they lie at the heap's end. The system clears them page by page,
    which takes longer than SSIM, or than a convolution 1×1 of a photograph's features. Here
    they come from the heap, which keeps them; only what is free at its end, and more than
    2 GiB, is given back. Threads besides the main one have heaps of their own, of at most
    64 MiB, where large blocks are fetched as before.

    Nothing is changed where ``RESTOREKIT_KEEP_FREED_MEMORY=0`` is in the environment, or
    settings of glibc's own, nor with another C library.

    Args:
        x: What is to be worked on. On another device nothing is changed either, nor from
            within what is compiled.
    """
    if x.is_cpu and not torch.compiler.is_compiling():
        _keep_freed_memory()


@functools.cache
def _keep_freed_memory() -> None:
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    refused = (
        os.environ.get(_VARIABLE) == "0"
        or any(name in os.environ for name in _OF_GLIBC)
        or any(name in tunables for name in _TUNABLES)
    )
    if refused or platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(_MMAP_MAX, 0)
    libc.mallopt(_TRIM_THRESHOLD, _KEPT)

"""What work on the CPU asks of the memory's administration."""

from __future__ import annotations

import ctypes
import functools
import os
import platform

import torch

# Parameters of glibc's mallopt (malloc.h), and what chooses them in the environment.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_VARIABLES = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_")
_TUNABLES = ("malloc.trim_threshold", "malloc.mmap_max", "malloc.mmap_threshold")

#: Bytes of free memory at the heap's end above which some is given back: the largest int.
_KEPT = 2**31 - 1


def keep_freed_memory(x: torch.Tensor) -> None:
    """Let this process keep what tensors on the CPU free, up to 2 GiB, for the next ones.

    glibc fetches each block above 32 MiB from the system and gives it back when it is freed;
    smaller ones too where they lie at the heap's end. The system clears them page by page,
    which takes longer than SSIM, or than a convolution 1×1 of a photograph's features. Here
    they come from the heap, which keeps them.

    Nothing is changed where the environment chooses (``MALLOC_MMAP_MAX_=65536`` for what is
    glibc's default), nor with another C library.

    Args:
        x: What is to be worked on. On another device nothing is changed either.
    """
    if x.is_cpu and not torch.compiler.is_compiling():
        _keep_freed_memory()


@functools.cache
def _keep_freed_memory() -> None:
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    chosen = any(name in os.environ for name in _VARIABLES) or any(
        name in tunables for name in _TUNABLES
    )
    if chosen or platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(_MMAP_MAX, 0)
    libc.mallopt(_TRIM_THRESHOLD, _KEPT)

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

#: Bytes of the largest block from whose release glibc learns.
_LARGEST_LEARNT = 1 << 25
# Parameters of glibc's mallopt (malloc.h).
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
#: Bytes of free memory at the heap's end above which some is given back: the largest int.
_KEPT = 2**31 - 1


def keep_freed_memory(x: torch.Tensor, channels: int) -> None:
    """Let this process keep what tensors on the CPU free, for the next ones.

    glibc fetches each block from the system, and gives it back when it is freed, that is larger
    than any it has seen freed, or than 32 MiB; and what is free at the heap's end. The system
    clears pages one by one, which takes longer than SSIM, or than a convolution 1×1 of a
    photograph's features. So a block is freed here from which glibc learns, and which is never
    touched; where there will be blocks above 32 MiB, all come from the heap from now on. Of what
    is free at the heap's end only more than 2 GiB is given back. Threads besides the main one
    have heaps of their own, of at most 64 MiB, where large blocks are fetched as before.

    Nothing is changed where ``RESTOREKIT_KEEP_FREED_MEMORY=0`` is in the environment, or
    settings of glibc's own, nor with another C library.

    Args:
        x: What is to be worked on, (N, …, H, W). On another device nothing is changed either,
            nor from within what is compiled.
        channels: Of the widest features that are made of it at its size.
    """
    if x.is_cpu and not torch.compiler.is_compiling():
        block = len(x) * channels * x.shape[-2:].numel() * x.element_size()
        _keep_blocks(block >= _LARGEST_LEARNT)


@functools.cache
def _keep_blocks(of_any_size: bool) -> None:
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    refused = (
        os.environ.get(_VARIABLE) == "0"
        or any(name in os.environ for name in _OF_GLIBC)
        or any(name in tunables for name in _TUNABLES)
    )
    if refused or platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    if of_any_size:
        libc.mallopt(_MMAP_MAX, 0)
    else:
        # A little less: what the allocator adds counts too.
        torch.empty(_LARGEST_LEARNT - (1 << 16), dtype=torch.uint8, device="cpu")
    libc.mallopt(_TRIM_THRESHOLD, _KEPT)

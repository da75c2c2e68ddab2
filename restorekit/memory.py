"""What work on the CPU asks of the memory's administration."""

from __future__ import annotations

import torch

#: A little below the largest block from whose release glibc learns, 32 MiB.
_LARGE_BLOCK = (1 << 25) - (1 << 16)


def keep_freed_memory() -> None:
    """Let this process keep more of what tensors on the CPU free, for the next ones.

    glibc fetches blocks from the system one by one that are larger than any it has seen freed,
    up to 32 MiB, and gives free memory back once it is twice as much. To fetch pages anew takes
    longer than SSIM, and DCSFN makes and frees hundreds of tensors of some 20 MB for a
    photograph. One block is freed here, which is never touched, and so takes no memory.
    """
    torch.empty(_LARGE_BLOCK, dtype=torch.uint8, device="cpu")

"""How much memory this process holds, and how much it held at most."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")
#: Writing 5 to it sets the peak of the resident memory back to what is resident now (Linux).
_CLEAR = Path("/proc/self/clear_refs")


def resident() -> int:
    """Return how many bytes of this process are in memory now; where unknown, the peak."""
    return _status("VmRSS") or _highest_ever()


def resident_peak() -> int:
    """Return the most bytes that were in memory since :func:`restart_peaks`, or ever."""
    return _status("VmHWM") or _highest_ever()


def restart_peaks() -> None:
    """Count peaks from now on, where the system and PyTorch can."""
    if os.access(_CLEAR, os.W_OK):
        _CLEAR.write_text("5")
    cuda = cuda_in_use()
    if cuda is not None:
        cuda.reset_peak_memory_stats()


def device_peak() -> int | None:
    """Return the most bytes that PyTorch held on the GPU, or None if it does not use one."""
    cuda = cuda_in_use()
    return None if cuda is None else int(cuda.max_memory_allocated())


def cuda_in_use() -> Any:
    """Return ``torch.cuda`` if this process uses it; asking does not import PyTorch."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None


def _status(key: str) -> int:
    """Return a figure of Linux's table, in bytes, or 0 where there is none."""
    if not _STATUS.exists():
        return 0
    for line in _STATUS.read_text().splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return int(value.split()[0]) * 1024
    return 0


def _highest_ever() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

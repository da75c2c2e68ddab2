"""How much memory this process uses, and the most that it has used."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")
#: Writing 5 to it resets the peak of the resident memory to its current value (Linux).
_CLEAR = Path("/proc/self/clear_refs")


def resident() -> int:
    """Return the resident memory in bytes; if the system does not tell it, the peak."""
    return _status("VmRSS") or _highest_ever()


def resident_peak() -> int:
    """Return the peak of the resident memory in bytes, since :func:`restart_peaks` if possible."""
    return _status("VmHWM") or _highest_ever()


def restart_peaks() -> None:
    """Reset the peaks of memory, if the system and PyTorch can."""
    if os.access(_CLEAR, os.W_OK):
        _CLEAR.write_text("5")
    cuda = cuda_in_use()
    if cuda is not None:
        cuda.reset_peak_memory_stats()


def device_peak() -> int | None:
    """Return the peak of PyTorch's memory on the GPU in bytes, or None if it uses no GPU."""
    cuda = cuda_in_use()
    return None if cuda is None else int(cuda.max_memory_allocated())


def cuda_in_use() -> Any:
    """Return ``torch.cuda`` if this process uses it, without importing PyTorch."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None


def _status(key: str) -> int:
    """Return an entry of /proc/self/status in bytes, or 0 if there is none."""
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

"""How much memory a network takes, and how much there is."""

from __future__ import annotations

import contextlib
import math
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from restorekit.archs.sizing import SizeRequirements
from restorekit.errors import RestoreKitError, first_line

#: The most that tiles may take on a CPU, in bytes.
CPU_BUDGET = 1_000_000_000
#: The share of the memory which is free that tiles may take.
_SHARE_OF_FREE = 0.7

#: What a network takes beside its tensors: scratch memory within operations, fragmentation.
_MARGIN = 1.5
#: Side of the image on which a network is measured.
_MEASURED_SIDE = 256
_LARGEST_MEASURED_SIDE = 8192
#: What a pixel is taken to need where a backend cannot say: as much as the largest networks.
_BYTES_A_PIXEL = 10_000

_OUT_OF_MEMORY = (
    "DefaultCPUAllocator",
    "out of memory",
    "std::bad_alloc",
    "could not create a memory object",
    "Failed to allocate memory",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that there is no memory, on the CPU or a GPU.

    Example:
        >>> is_out_of_memory(MemoryError()), is_out_of_memory(ValueError("out of memory"))
        (True, False)
    """
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and any(sign in text for sign in _OUT_OF_MEMORY)


@contextlib.contextmanager
def naming_memory(what: str, remedy: str) -> Iterator[None]:
    """Turn an allocation that fails into one sentence.

    Raises:
        RestoreKitError: In place of PyTorch's or Python's error.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        shown = first_line(error)[:160]
        raise RestoreKitError(f"{what} ran out of memory ({shown}): {remedy}.") from error


def memory_budget(device: torch.device) -> int:
    """Return how many bytes a network may use on a device for what it computes.

    On a CPU that is at most :data:`CPU_BUDGET`, so that memory is bounded whatever the machine
    has; more would not be faster.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(_SHARE_OF_FREE * (free + cached))
    available = list(_available())
    return min(CPU_BUDGET, int(_SHARE_OF_FREE * min(available, default=CPU_BUDGET * 2)))


def _available() -> Iterator[int]:
    """Yield the limits that are known: the system's, the container's, the process's own."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                yield int(line.split()[1]) * 1024
    with contextlib.suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        limit = (group / "memory.max").read_text().strip()
        if limit != "max":
            yield int(limit) - int((group / "memory.current").read_text())
    with contextlib.suppress(ImportError, OSError, ValueError, IndexError):
        import resource

        limit_bytes, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit_bytes != resource.RLIM_INFINITY:
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            yield limit_bytes - pages * resource.getpagesize()


def pixels_that_fit(
    peak_bytes: Callable[[int, int], int | None], requirements: SizeRequirements, budget: int
) -> int:
    """Return how many pixels a network can restore at a time.

    Args:
        peak_bytes: Returns what an image of a height and a width takes, None if that is not known.
        requirements: The sizes that the network takes.
        budget: The bytes that there are.
    """
    largest = requirements.maximum or _LARGEST_MEASURED_SIDE
    side = min(_MEASURED_SIDE, largest)
    height, width = requirements.fit(side, side)
    peak = peak_bytes(height, width)
    if peak is None:
        return budget // _BYTES_A_PIXEL
    measured = height * width
    pixels = int(measured * budget / max(peak * _MARGIN, 1))
    # Attention over all pixels grows faster than the image: look at the size that was found.
    for _ in range(4):
        side = min(math.isqrt(pixels), largest)
        height, width = requirements.fit(side, side)
        found = peak_bytes(height, width)
        if found is None or height * width == measured:
            break
        if 0.5 * budget <= found * _MARGIN <= budget:
            break
        power = math.log(found / peak) / math.log(height * width / measured)
        measured, peak = height * width, found
        pixels = int(0.98 * measured * (budget / (found * _MARGIN)) ** (1 / max(power, 0.5)))
    return pixels


class LiveTensors(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of the tensors that exist at a time, in a ``with`` block.

    It counts what PyTorch allocates for tensors that are created inside the block, on any device
    and on ``meta``, where nothing is allocated. Temporary memory within an operation is not seen.

    Attributes:
        peak: The most bytes at a time.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak: int = 0
        self._now = 0
        self._known: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        inputs = {
            id(value.untyped_storage())
            for value in tree_leaves((args, kwargs))
            if isinstance(value, torch.Tensor)
        }
        for value in tree_leaves(result):
            if not isinstance(value, torch.Tensor):
                continue
            storage = value.untyped_storage()
            if id(storage) in inputs or storage in self._known:
                continue
            size = storage.nbytes()
            self._known[storage] = size
            weakref.finalize(storage, self._freed, size)
            self._now += size
            self.peak = max(self.peak, self._now)
        return result

    def _freed(self, size: int) -> None:
        self._now -= size

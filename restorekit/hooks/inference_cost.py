"""Measure what restoring an image costs in time and memory."""

from __future__ import annotations

import contextlib
import statistics
import sys
from collections.abc import Sequence
from typing import Any

import torch
from mmengine.dist import all_gather_object
from mmengine.hooks import Hook

from restorekit.registry import HOOKS


@HOOKS.register_module()
class InferenceCostHook(Hook):
    """Measures a test: the network's seconds for an image, and the peak memory.

    Attributes:
        seconds_per_image: Median over the images of all processes, without loading, measuring or
            saving. The first image of each process, which includes the setup, is left out unless
            it is the only one.
        peak_memory_mb: Peak of the process with the most, in MiB: on a GPU what PyTorch
            allocated, on a CPU what the process held. 0 where the system does not say.

    Example:
        >>> cost = InferenceCostHook()
        >>> cost.after_test_iter(None, 0, outputs=[dict(seconds=s) for s in (0.9, 0.1, 0.2, 0.1)])
        >>> cost.after_test_epoch(None)
        >>> cost.seconds_per_image
        0.1
    """

    priority = "LOW"

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self.seconds_per_image = 0.0
        self.peak_memory_mb = 0.0

    def after_test_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence[dict[str, Any]] = (),
    ) -> None:
        """Note the time of each image."""
        self._seconds.extend(sample["seconds"] for sample in outputs)

    def after_test_epoch(self, runner: Any, metrics: dict[str, float] | None = None) -> None:
        """Gather over the processes."""
        own = self._seconds[1:] or self._seconds
        gathered = all_gather_object((own, _peak_memory_mb()))
        seconds = [value for part, _ in gathered for value in part]
        self.seconds_per_image = statistics.median(seconds) if seconds else 0.0
        self.peak_memory_mb = max(memory for _, memory in gathered)
        self._seconds.clear()


def _peak_memory_mb() -> float:
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**20
    with contextlib.suppress(ImportError):  # on Windows
        import resource

        # The unit is kilobytes on Linux and bytes on macOS.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (2**20 if sys.platform == "darwin" else 2**10)
    return 0.0

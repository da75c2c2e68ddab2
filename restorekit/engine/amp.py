"""Mixed precision in bfloat16, on a CPU as well as on a GPU."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from mmengine.device import get_device
from mmengine.optim import OptimWrapper
from torch import nn

from restorekit.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """Runs the forward pass under bfloat16 autocast; weights and updates stay float32.

    bfloat16 has float32's range, so no loss scaling is needed. mmengine's own
    ``AmpOptimWrapper`` refuses to run on a CPU; ``--amp fp16`` uses that one, on GPUs.
    """

    @contextlib.contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Enter autocast beside what mmengine does for gradient accumulation."""
        with super().optim_context(model), torch.autocast(get_device(), torch.bfloat16):
            yield

"""Mixed precision in bfloat16, on a CPU as well as on a GPU."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.logging import print_log
from mmengine.optim import OptimWrapper
from torch import nn

from restorekit.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """Runs the forward pass under bfloat16 autocast; weights and updates stay float32.

    bfloat16 has float32's range, so no loss scaling is needed. mmengine's own
    ``AmpOptimWrapper`` refuses to run on a CPU; ``--amp fp16`` uses that one, on GPUs. A warning
    says so where the CPU has no instructions for bfloat16.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if get_device() == "cpu" and not cpu_computes_bfloat16():
            print_log(
                "This CPU has no instructions for bfloat16 (AVX512_BF16 or AMX): --amp bf16 makes "
                "training many times slower than float32 here; leave it out.",
                logger="current",
                level=logging.WARNING,
            )

    @contextlib.contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Enter autocast beside what mmengine does for gradient accumulation."""
        with super().optim_context(model), torch.autocast(get_device(), torch.bfloat16):
            yield


def cpu_computes_bfloat16() -> bool:
    """Say whether oneDNN, which computes convolutions on CPUs, has instructions for bfloat16.

    Without AVX-512, PyTorch falls back to loops that are 10 to 25 times slower than float32; with
    AVX-512 alone, oneDNN emulates it, about 3 times slower. ``ONEDNN_MAX_CPU_ISA`` counts.
    """
    try:
        supported = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    except (AttributeError, RuntimeError):
        # A build without oneDNN.
        return False
    if not supported or torch.backends.cpu.get_cpu_capability() not in {"AVX2", "AVX512"}:
        return bool(supported)
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA") or ""
    if limit.upper() in {"AVX512_CORE", "AVX512_CORE_VNNI"}:
        return False
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())

"""Compare an exported file with the network in PyTorch."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import nn

from restorekit.archs.sizing import pad_to_fit

#: Images that are compared, before padding.
CHECKED_SIZES = ((33, 47), (50, 37), (65, 41))


def largest_difference(
    network: nn.Module, exported: str | os.PathLike[str]
) -> dict[tuple[int, int], float]:
    """Return how much the exported file's results in ONNX Runtime differ from PyTorch's.

    Args:
        network: The network, in eval mode, not accelerated.
        exported: The file that was exported from it.

    Returns:
        The largest difference of a value in [0, 1], by the height and width of the padded image.

    Raises:
        MissingDependencyError: If ONNX Runtime is not installed.
    """
    from restorekit.inference.backends.onnx_runtime import OnnxRuntimeBackend

    backend = OnnxRuntimeBackend(Path(exported), device="cpu")
    generator = torch.Generator().manual_seed(0)
    differences: dict[tuple[int, int], float] = {}
    for height, width in CHECKED_SIZES:
        maximum = backend.size_requirements.maximum or max(height, width)
        lq = torch.rand(1, 3, min(height, maximum), min(width, maximum), generator=generator)
        lq = pad_to_fit(lq, backend.size_requirements)
        with torch.inference_mode():
            output = network(lq)
        final = output if isinstance(output, torch.Tensor) else output[-1]
        size = (lq.shape[-2], lq.shape[-1])
        differences[size] = float((backend.run(lq) - final).abs().max())
    return differences

"""What every loss does first: check the two images and leave half precision."""

from __future__ import annotations

import contextlib

import torch
from torch import Tensor

from restorekit.errors import DataError


def full_precision_pair(pred: Tensor, gt: Tensor, loss_name: str) -> tuple[Tensor, Tensor]:
    """Return ``pred`` and ``gt`` in float32, or in float64 where either is float64.

    Losses are means over millions of small differences, which bf16 and fp16 cannot hold;
    the gradient flows back through the conversion in the network's own type.

    Args:
        pred: The network's output, any shape and floating type.
        gt: The ground truth, the same shape.
        loss_name: Name of the loss, for the error message.

    Raises:
        DataError: If the shapes differ; broadcasting would hide a mispaired batch.
    """
    if pred.shape != gt.shape:
        raise DataError(
            f"{loss_name} needs pred and gt of one shape but got {tuple(pred.shape)} and "
            f"{tuple(gt.shape)}; check that the network keeps its input's size and that "
            "lq and gt are cropped together."
        )
    dtype = torch.promote_types(torch.promote_types(pred.dtype, gt.dtype), torch.float32)
    return pred.to(dtype), gt.to(dtype)


def without_autocast(tensor: Tensor) -> contextlib.AbstractContextManager[object]:
    """Return a context in which operations on ``tensor``'s device keep their input's type."""
    if tensor.is_meta:  # where only shapes are computed there is no autocast
        return contextlib.nullcontext()
    return torch.autocast(device_type=tensor.device.type, enabled=False)

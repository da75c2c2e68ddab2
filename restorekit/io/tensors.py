"""Between arrays (H, W, 3), as images are read and written, and tensors (N, 3, H, W)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from restorekit.errors import CheckpointError


def to_batch(image: npt.NDArray[np.uint8], device: torch.device | str = "cpu") -> torch.Tensor:
    """Return an image as a batch of one: float32 (1, 3, H, W) in [0, 1].

    Args:
        image: uint8 (H, W, 3), any view.
        device: Where the batch is needed; bytes are moved, not floats.
    """
    pixels = torch.from_numpy(np.ascontiguousarray(image)).to(device)
    return pixels.permute(2, 0, 1)[None].float() / 255


def to_hwc(image: torch.Tensor) -> npt.NDArray[Any]:
    """Return a (3, H, W) tensor on any device as a contiguous float32 array (H, W, 3)."""
    return np.ascontiguousarray(image.detach().float().cpu().permute(1, 2, 0).numpy())


def require_finite(restored: torch.Tensor, name: str) -> None:
    """Refuse a network's output that holds NaN or infinity, which would become black pixels.

    Args:
        restored: The output, of any shape.
        name: The input's name, for the message.

    Raises:
        CheckpointError: If a value is not finite.
    """
    finite = torch.isfinite(restored)
    if finite.all():
        return
    share = 1 - finite.float().mean().item()
    raise CheckpointError(
        f"The network's output for {name} is not finite ({share:.0%} of its values are NaN or "
        "infinite): its weights are damaged, or diverged in training; use another checkpoint, or "
        "float32 if it runs in half precision."
    )

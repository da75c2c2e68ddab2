"""Restore an image with a network, as a whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from restorekit.archs.sizing import forward_padded
from restorekit.errors import DataError
from restorekit.io.tensors import require_finite, to_batch, to_hwc
from restorekit.metrics.functional.color import to_uint8

from .memory import is_out_of_memory

#: Sides that are tried to say which images fit, as shares of the one that does not.
_SHARES = [0.5 ** (step / 2) for step in range(1, 13)]


def restore_image(
    network: nn.Module, image: npt.NDArray[np.uint8], name: str = "the image"
) -> npt.NDArray[np.uint8]:
    """Restore one image.

    Args:
        network: A network in eval mode, on any device; see :func:`restorekit.load_network`.
        image: uint8 RGB (H, W, 3), of any size.
        name: What error messages call it.

    Returns:
        The restored image, uint8 RGB (H, W, 3), rounded as the protocols do.

    Raises:
        DataError: If memory does not suffice; the message names a size that fits.
        CheckpointError: If the output is not finite.
    """
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    try:
        final = _run(network, to_batch(image, device))
        require_finite(final, name)
        return to_uint8(to_hwc(final))
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        kind = type(error).__name__
    # Outside of the handler, whose traceback holds on to the tensors.
    height, width = image.shape[:2]
    raise DataError(
        f"{name} ({width}x{height} pixels) does not fit into the memory of {device} ({kind}): "
        f"{_what_fits(network, height, width, device)}, or use a device with more memory."
    )


def _run(network: nn.Module, lq: torch.Tensor) -> torch.Tensor:
    """Return the final output for a batch of one, (3, H, W)."""
    with torch.inference_mode():
        output = forward_padded(network, lq)
    return (output if isinstance(output, torch.Tensor) else output[-1])[0]


def _what_fits(network: nn.Module, height: int, width: int, device: torch.device) -> str:
    """Try smaller images and return what to do, in words."""
    for share in _SHARES:
        rows, columns = max(1, int(height * share)), max(1, int(width * share))
        if device.type == "cuda":
            torch.cuda.empty_cache()
        try:
            _run(network, torch.zeros(1, 3, rows, columns, device=device))
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            continue
        return f"{columns}x{rows} fits, so scale it down to that or cut it into parts"
    return "nothing near its size fits, so restore a much smaller image"

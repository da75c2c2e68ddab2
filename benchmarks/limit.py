"""The time that a network's arithmetic would take at the speed of large matrix products."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.network_options import Shape, Work

#: Channels in and out of a product, and its pixels on a CPU and on a GPU.
_CHANNELS = 512
_PIXELS = {"cpu": 1 << 12, "cuda": 1 << 16}


def as_much_arithmetic(network: Mapping[str, Any], shape: Shape, passes: int, device: str) -> Work:
    """Set up large products with as much arithmetic as a network, in float32.

    They are matrix products or 1×1 convolutions of 512 channels, whichever are faster on this
    machine.

    Args:
        network: Config of the network.
        shape: Images, height and width of the batch.
        passes: 1 for inference; 3 for training, in which the gradients of inputs and of
            weights each take as much arithmetic as the outputs.
        device: Device of the products.
    """
    import torch

    kind = torch.device(device).type
    pixels = _PIXELS.get(kind, _PIXELS["cuda"])
    number = 2 * passes * _macs(network, shape) / (2 * pixels * _CHANNELS**2)
    matrix = torch.rand(pixels, _CHANNELS, device=device)
    weight = torch.rand(_CHANNELS, _CHANNELS, device=device)
    image = matrix.view(1, 64, -1, _CHANNELS).permute(0, 3, 1, 2)
    kernel = weight[:, :, None, None]
    products: list[Callable[[], object]] = [
        functools.partial(torch.mm, matrix, weight),
        functools.partial(torch.conv2d, image, kernel),
    ]
    faster = min(products, key=functools.partial(_seconds, device))

    def work() -> None:
        with torch.no_grad():
            for _ in range(max(1, round(number))):
                faster()

    return work


def _macs(network: Mapping[str, Any], shape: Shape) -> int:
    from restorekit.models.complexity import count_macs
    from restorekit.registry import MODELS

    images, height, width = shape
    return images * count_macs(MODELS.build(dict(network)), height, width)


def _seconds(device: str, product: Callable[[], object], repeats: int = 20) -> float:
    """Return the shortest time of a few repeats, in seconds."""
    import torch

    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        product()
        if torch.device(device).type == "cuda":
            torch.cuda.synchronize()
        found.append(time.perf_counter() - start)
    return min(found)

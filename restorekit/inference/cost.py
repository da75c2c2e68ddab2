"""What it takes to restore an image with a network: memory, tiles and time."""

from __future__ import annotations

import statistics
import time
from typing import Any

import torch

from .backends import Backend
from .tiles import TiledNetwork

#: Pixels of a megapixel.
MEGAPIXEL = 1_000_000
#: Height and width of a photograph of 24 megapixels.
PHOTOGRAPH = (4000, 6000)
#: Sides of the tiles that are timed, the largest first.
_TIMED_SIDES = (512, 256, 128, 64)
#: Multiply-accumulate operations of a timed tile, at most: some seconds on two cores.
_TIMED_MACS = 50e9
_ROUNDS = 3


def memory_a_megapixel(backend: Backend) -> int | None:
    """Return the bytes that a whole image of one megapixel takes, None if that is not known.

    The network's tensors are counted, not the scratch memory within its operations. A network
    of smaller images is measured at its largest, in proportion.
    """
    side = min(1000, backend.size_requirements.maximum or 1000)
    height, width = backend.size_requirements.fit(side, side)
    peak = backend.peak_bytes(height, width)
    return None if peak is None else round(peak * MEGAPIXEL / (height * width))


def automatic_tile(network: TiledNetwork) -> dict[str, Any] | None:
    """Return the tiles of a photograph of 24 megapixels, as results files record them.

    None if it is restored whole.
    """
    return network.plan(*PHOTOGRAPH).description


def timed_side(backend: Backend, macs_a_pixel: float) -> int:
    """Return the side of a tile that :func:`seconds_a_megapixel` takes, for a network's cost."""
    requirements = backend.size_requirements
    largest = requirements.maximum or _TIMED_SIDES[0]
    for side in _TIMED_SIDES:
        if side <= largest and side**2 * macs_a_pixel <= _TIMED_MACS:
            return requirements.fit(side, side)[0]
    return requirements.fit(_TIMED_SIDES[-1], _TIMED_SIDES[-1])[0]


def seconds_a_megapixel(backend: Backend, side: int) -> float:
    """Time a network: the median of three runs on a square tile, after one that is not timed."""
    tile = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    tile = tile.to(backend.device)
    seconds = []
    for _ in range(_ROUNDS + 1):
        started = time.perf_counter()
        # Copying the output waits for a GPU.
        backend.run(tile).cpu()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:]) * MEGAPIXEL / side**2

"""An image is restored as a whole; too little memory is reported with what fits."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from restorekit.errors import CheckpointError, DataError
from restorekit.inference import restore_image


class Darker(nn.Module):
    def forward(self, lq):
        return lq * 2 - lq, lq - 10 / 255


def photograph(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (7, 50), (33, 47)])
def test_last_output_is_taken_clamped_and_rounded(size):
    image = photograph(*size)
    expected = np.clip(image.astype(int) - 10, 0, 255)
    assert np.array_equal(restore_image(Darker(), image), expected)


class NotFinite(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, lq):
        lq = lq.clone()
        lq[..., -1, -1] = self.value
        return lq


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_output_that_is_not_finite_is_refused(value):
    with pytest.raises(CheckpointError, match=r"x\.png.*not finite"):
        restore_image(NotFinite(value), photograph(8, 8), "x.png")


class Hungry(nn.Module):
    """Has memory for a number of pixels."""

    def __init__(self, pixels, error):
        super().__init__()
        self.pixels = pixels
        self.error = error

    def forward(self, lq):
        if lq.shape[-1] * lq.shape[-2] > self.pixels:
            raise self.error
        return lq


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 1 bytes"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_too_little_memory_names_a_size_that_fits(error):
    network = Hungry(2000, error)
    with pytest.raises(DataError, match="memory of cpu") as caught:
        restore_image(network, photograph(100, 60), "x.png")
    message = str(caught.value)
    assert message.startswith("x.png (60x100 pixels)")
    width, height = map(int, re.search(r"(\d+)x(\d+) fits", message).groups())
    assert 1000 < width * height <= 2000
    assert restore_image(network, photograph(height, width)).shape == (height, width, 3)


def test_memory_that_suffices_for_nothing_and_other_errors():
    with pytest.raises(DataError, match="nothing near its size"):
        restore_image(Hungry(0, MemoryError()), photograph(100, 60))
    with pytest.raises(RuntimeError, match="a defect"):
        restore_image(Hungry(0, RuntimeError("a defect")), photograph(100, 60))

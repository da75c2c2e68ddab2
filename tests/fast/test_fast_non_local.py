"""Accelerated non-local attention: the same in each cell, and never the whole table of scores."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from restorekit.archs.blocks import NonLocalAttention
from restorekit.fast import accelerate, non_local


def attention(grid: int = 1, channels: int = 6) -> NonLocalAttention:
    torch.manual_seed(1)
    block = NonLocalAttention(channels, grid=grid)
    # At the start the attention adds nothing.
    nn.init.normal_(block.out.weight, std=0.3)
    nn.init.normal_(block.theta.weight)
    return block


@pytest.mark.parametrize("grid", [1, 2, 4, 8])
@pytest.mark.parametrize("size", [(1, 1), (5, 9), (16, 16), (25, 31)])
@pytest.mark.parametrize("training", [False, True])
def test_it_is_the_plain_attention(grid, size, training):
    block = attention(grid).double()
    x = torch.randn(2, 6, *size, dtype=torch.float64)
    with torch.set_grad_enabled(training):
        found = accelerate(block, training)(x)
    torch.testing.assert_close(found, block(x), rtol=1e-10, atol=1e-12)


def test_inference_rounds_as_the_plain_attention_does():
    """NLEDN's pooling indices depend on the last bits."""
    block = attention(grid=2, channels=16)
    x = torch.randn(1, 16, 24, 32)
    with torch.no_grad():
        assert (accelerate(block)(x) != block(x)).float().mean() < 0.05


def test_attention_in_parts_is_the_same(monkeypatch):
    block = accelerate(attention(grid=2))
    x = torch.randn(2, 6, 17, 22)
    with torch.no_grad():
        whole = block(x)
        monkeypatch.setattr(non_local, "MAX_SCORES", 300)
        torch.testing.assert_close(block(x), whole)


class LargestTensor(TorchDispatchMode):
    """Remembers the size of the largest tensor that any operation makes."""

    def __init__(self):
        super().__init__()
        self.numel = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        output = func(*args, **(kwargs or {}))
        for tensor in output if isinstance(output, (tuple, list)) else [output]:
            if isinstance(tensor, torch.Tensor):
                self.numel = max(self.numel, tensor.numel())
        return output


@pytest.mark.parametrize("training", [False, True])
def test_attention_never_holds_the_whole_table(monkeypatch, training):
    monkeypatch.setattr(non_local, "MAX_SCORES", 2**14)
    block = accelerate(attention(channels=8), training)
    x = torch.randn(1, 8, 64, 64)
    largest = LargestTensor()
    with torch.set_grad_enabled(training), largest:
        output = block(x)
        if training:
            output.sum().backward()
    assert largest.numel <= x.numel()
    table = 64 * 64 * 32 * 32
    assert table == 128 * x.numel()

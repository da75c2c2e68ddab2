"""The row of features that the fusions of a dense stack share."""

from __future__ import annotations

import pytest
import torch

from restorekit.archs.blocks.layers import Fusion
from restorekit.fast.dense_stack import _Row


@pytest.mark.parametrize("length", [1, 4, 5, 6, 13])
def test_results_and_gradients_are_those_of_concatenation(length: int) -> None:
    torch.manual_seed(0)
    fusions = [Fusion(2 * (i + 2), 2).double() for i in range(length)]
    shape = (1, 2, 9, 10)
    row = [torch.rand(shape, dtype=torch.float64).requires_grad_() for _ in range(length + 1)]
    shared = _Row(row[0], fusions)
    found = [shared.fuse(x) for x in row[1:]]
    expected = [fusion(row[: i + 2]) for i, fusion in enumerate(fusions)]
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    # Of all results, and of the first few alone.
    for count in (length, (length + 1) // 2):
        read = row[: count + 1] + [p for fusion in fusions[:count] for p in fusion.parameters()]
        gradients = [
            torch.autograd.grad(sum(y.square().sum() for y in ys[:count]), read, retain_graph=True)
            for ys in (found, expected)
        ]
        torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-11)


def test_what_needs_no_gradient_gets_none() -> None:
    fusions = [Fusion(2 * (i + 2), 2).double() for i in range(6)]
    for parameter in fusions[2].parameters():
        parameter.requires_grad_(False)
    row = [torch.rand(1, 2, 9, 10, dtype=torch.float64) for _ in range(7)]
    row[3].requires_grad_()
    shared = _Row(row[0], fusions)
    sum(shared.fuse(x).sum() for x in row[1:]).backward()
    assert [x.grad is not None for x in row] == [index == 3 for index in range(7)]
    assert [fusion[0].weight.grad is not None for fusion in fusions] == [i != 2 for i in range(6)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_types_under_autocast_are_a_convolutions(dtype: torch.dtype) -> None:
    fusions = [Fusion(4, 2).to(dtype)]
    first, x = (torch.rand(1, 2, 40, 40, dtype=dtype) for _ in range(2))
    with torch.autocast("cpu", torch.bfloat16):
        assert _Row(first, fusions).fuse(x).dtype == fusions[0]([first, x]).dtype

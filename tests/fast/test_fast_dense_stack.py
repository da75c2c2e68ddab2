"""The features that the fusions of a dense stack share, in inference and in training."""

from __future__ import annotations

import pytest
import torch

from restorekit.archs.blocks import DenseStack
from restorekit.archs.blocks.layers import Fusion
from restorekit.fast import accelerate
from restorekit.fast.dense_stack import _Row


@pytest.mark.parametrize("dense_fusion", ["before", "after"])
@pytest.mark.parametrize("skip", ["none", "before", "after"])
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("shape", [(1, 3, 8, 9), (2, 3, 40, 33)], ids=str)
def test_inference_is_that_of_the_plain_stack(
    shape: tuple[int, ...], channels_last: bool, skip: str, dense_fusion: str
) -> None:
    torch.manual_seed(0)
    stack = DenseStack(3, 6, skip=skip, dense_fusion=dense_fusion).double()
    x, *features = torch.rand(7, *shape, dtype=torch.float64)
    if channels_last:
        x = x.contiguous(memory_format=torch.channels_last)
    given = x.clone()
    with torch.inference_mode():
        expected, found = (s(x, features) for s in (stack, accelerate(stack)))
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert torch.equal(x, given)


def test_features_are_stored_once_in_inference() -> None:
    with torch.inference_mode():
        _, outputs = accelerate(DenseStack(3, 6))(torch.rand(2, 3, 40, 33))
    (storage,) = {output.untyped_storage().data_ptr() for output in outputs}
    assert storage
    assert outputs[0].untyped_storage().nbytes() == 7 * outputs[0].nbytes


def test_inference_under_autocast() -> None:
    torch.manual_seed(0)
    stack, x = DenseStack(4, 3), torch.rand(1, 4, 40, 40)
    with torch.inference_mode():
        expected = stack(x)[0]
        with torch.autocast("cpu", torch.bfloat16):
            found = accelerate(stack)(x)[0]
    assert found.dtype == torch.bfloat16
    assert (found.float() - expected).abs().mean() < 0.02 * expected.abs().mean()


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

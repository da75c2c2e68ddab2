from __future__ import annotations

import pytest
import torch

from restorekit.archs.blocks.dense_fusion import DenseFusion
from restorekit.archs.blocks.layers import conv_lrelu


@pytest.mark.parametrize("size", [8, 40], ids=["small", "large"])
@pytest.mark.parametrize("length", [1, 4, 6, 13])
def test_results_and_gradients_are_those_of_concatenation(length: int, size: int) -> None:
    torch.manual_seed(0)
    layers = [conv_lrelu(2 * (i + 2), 2, 1).double() for i in range(length)]
    shape = (1, 2, size, size)
    row = [torch.rand(shape, dtype=torch.float64).requires_grad_() for _ in range(length + 1)]
    dense = DenseFusion(row[0], layers)
    ours = [dense(x) for x in row[1:]]
    plain = [layer(torch.cat(row[: i + 2], dim=1)) for i, layer in enumerate(layers)]
    torch.testing.assert_close(ours, plain, rtol=1e-12, atol=1e-12)
    # Of all results, and of the first few alone.
    for count in (length, (length + 1) // 2):
        read = row[: count + 1] + [p for layer in layers[:count] for p in layer.parameters()]
        found, wanted = (
            torch.autograd.grad(sum(y.square().sum() for y in ys[:count]), read, retain_graph=True)
            for ys in (ours, plain)
        )
        torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-11)


def test_what_needs_no_gradient_gets_none() -> None:
    layers = [conv_lrelu(2 * (i + 2), 2, 1).double() for i in range(6)]
    for parameter in layers[2].parameters():
        parameter.requires_grad_(False)
    row = [torch.rand(1, 2, 40, 40, dtype=torch.float64) for _ in range(7)]
    row[3].requires_grad_()
    dense = DenseFusion(row[0], layers)
    sum(dense(x).sum() for x in row[1:]).backward()
    assert [x.grad is not None for x in row] == [index == 3 for index in range(7)]
    assert [layer[0].weight.grad is not None for layer in layers] == [i != 2 for i in range(6)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_types_under_autocast_are_a_convolution_s(dtype: torch.dtype) -> None:
    layers = [conv_lrelu(4, 2, 1).to(dtype)]
    first, x = (torch.rand(1, 2, 40, 40, dtype=dtype) for _ in range(2))
    with torch.autocast("cpu", torch.bfloat16):
        assert DenseFusion(first, layers)(x).dtype == layers[0](torch.cat([first, x], 1)).dtype

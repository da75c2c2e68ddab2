from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from restorekit.archs.blocks import InnerScaleBlock
from restorekit.errors import ConfigError


def reference(block: InnerScaleBlock, x: torch.Tensor, connection: bool) -> torch.Tensor:
    """Equations 4 to 6 written out, with each scale pooled from the input itself."""

    def layer(conv: nn.Conv2d, value: torch.Tensor) -> torch.Tensor:
        return F.leaky_relu(F.conv2d(value, conv.weight, conv.bias, padding="same"), 0.2)

    num_scales = len(block.scales)
    y: dict[int, torch.Tensor] = {}
    for k in range(num_scales - 1, -1, -1):
        p = F.max_pool2d(x, 2**k) if k else x
        if connection and k + 1 in y:
            coarser = F.interpolate(y[k + 1], p.shape[-2:])
            p = layer(block.connections[k][0], torch.cat([p, coarser], 1))
        for conv_and_activation in block.scales[k]:
            p = layer(conv_and_activation[0], p)
        y[k] = p
    if num_scales == 1:
        return y[0] + x
    full = [F.interpolate(y[k], x.shape[-2:]) for k in range(num_scales)]
    return layer(block.fusion[0], torch.cat(full, 1)) + x


@pytest.mark.parametrize("connection", [True, False])
@pytest.mark.parametrize("num_scales", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(32, 40), (33, 47)])
def test_is_the_papers_equations(num_scales, connection, size):
    torch.manual_seed(0)
    block = InnerScaleBlock(3, num_scales, num_convs=2, connection=connection)
    x = torch.randn(2, 3, *size)
    torch.testing.assert_close(block(x), reference(block, x, connection))


@pytest.mark.parametrize("num_scales", [1, 2, 3, 4])
def test_the_minimum_is_the_smallest_size_that_runs(num_scales):
    block = InnerScaleBlock(2, num_scales, num_convs=1)
    smallest = block.size_requirements.minimum
    assert smallest == 2 ** (num_scales - 1)
    assert block(torch.zeros(1, 2, smallest, smallest)).shape[-1] == smallest
    if num_scales > 1:
        with pytest.raises(RuntimeError):
            block(torch.zeros(1, 2, smallest - 1, 64))


@pytest.mark.parametrize("connection", [True, False])
@pytest.mark.parametrize("num_scales", [1, 2, 3, 4])
def test_every_parameter_has_a_gradient(num_scales, connection):
    torch.manual_seed(0)
    block = InnerScaleBlock(4, num_scales, connection=connection)
    block(torch.randn(1, 4, 16, 16)).sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in block.parameters())


def test_the_released_block_has_62000_parameters():
    block = InnerScaleBlock(20, num_scales=4, num_convs=4)
    assert sum(p.numel() for p in block.parameters()) == 62_000


def test_without_connection_the_coarse_scale_reaches_only_the_last_fusion():
    torch.manual_seed(0)
    block = InnerScaleBlock(2, num_scales=2, num_convs=1, connection=False)
    x = torch.randn(1, 2, 8, 8)
    # Silence the coarse scale in the last fusion: nothing else may depend on it.
    with torch.no_grad():
        block.fusion[0].weight[:, 2:] = 0
        before = block(x)
        block.scales[1][0][0].weight.mul_(-3)
        assert torch.equal(block(x), before)


@pytest.mark.parametrize(
    ("key", "value"),
    [("num_scales", 0), ("num_scales", 5), ("num_convs", 0), ("channels", True)],
)
def test_bad_values_are_named(key, value):
    with pytest.raises(ConfigError, match=f"InnerScaleBlock: {key}={value}"):
        InnerScaleBlock(**{"channels": 4, key: value})

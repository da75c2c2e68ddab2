from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from restorekit.archs import NLEDN, forward_padded
from restorekit.archs.blocks import NonLocalAttention
from restorekit.archs.nledn import unpool
from restorekit.errors import ConfigError

SMALL = {"channels": 8, "growth": 4, "num_layers": 2}


def build(**kwargs) -> NLEDN:
    torch.manual_seed(0)
    return randomised(NLEDN(**{**SMALL, **kwargs})).eval()


def randomised(network: nn.Module) -> nn.Module:
    """Let the attention say something, which it does not at the start."""
    for module in network.modules():
        if isinstance(module, NonLocalAttention):
            nn.init.normal_(module.out.weight, std=0.3)
            nn.init.normal_(module.theta.weight)
    return network


def attention(grid: int = 1, channels: int = 6) -> NonLocalAttention:
    torch.manual_seed(1)
    return randomised(NonLocalAttention(channels, grid=grid))


def by_definition(block: NonLocalAttention, x: torch.Tensor) -> torch.Tensor:
    """Equation by equation, with the whole table."""
    height, width = x.shape[-2:]
    window = (min(height, 2), min(width, 2))
    phi = F.max_pool2d(block.phi(x), window)
    g = F.max_pool2d(block.g(x), window)
    scores = torch.einsum("nchw,ncij->nhwij", block.theta(x), phi)
    weights = torch.softmax(scores.flatten(3), dim=-1).reshape(scores.shape)
    return x + block.out(torch.einsum("nhwij,ncij->nchw", weights, g))


def by_chunks(block: NonLocalAttention, x: torch.Tensor) -> torch.Tensor:
    """The same in each cell, cut out one by one."""
    rows = [
        torch.cat([by_definition(block, cell) for cell in row.chunk(block.grid, dim=3)], dim=3)
        for row in x.chunk(block.grid, dim=2)
    ]
    return torch.cat(rows, dim=2)


@pytest.mark.parametrize("grid", [1, 2, 4, 8])
@pytest.mark.parametrize("size", [(1, 1), (5, 9), (16, 16), (25, 31)])
def test_attention_is_its_definition_in_each_cell(grid, size):
    block = attention(grid)
    x = torch.randn(2, 6, *size)
    torch.testing.assert_close(block(x), by_chunks(block, x), atol=1e-5, rtol=1e-4)


def test_attention_is_the_identity_at_the_start_and_learns_to_be_another():
    block = NonLocalAttention(6)
    optimizer = torch.optim.SGD(block.parameters(), lr=0.1)
    x, target = torch.randn(1, 6, 8, 8), torch.randn(1, 6, 8, 8)
    torch.testing.assert_close(block(x), x)
    for _ in range(2):
        optimizer.zero_grad()
        (block(x) - target).square().mean().backward()
        optimizer.step()
    # phi's bias adds the same to all scores of a pixel, which the softmax takes out again.
    idle = [n for n, p in block.named_parameters() if not p.grad.any() and n != "phi.bias"]
    assert not idle


@pytest.mark.parametrize("size", [(8, 8), (9, 13)])
def test_unpooling_is_pytorchs(size):
    x = torch.randn(2, 3, *size)
    pooled, places = F.max_pool2d(x, 2, return_indices=True)
    expected = F.max_unpool2d(pooled, places, 2, output_size=size)
    assert torch.equal(unpool(pooled, places, x), expected)


def test_parameter_count_is_the_released_one():
    network = NLEDN()
    assert sum(p.numel() for p in network.parameters()) == 1_005_379
    assert sum(p.numel() for p in network.bottom.parameters()) == 149_856


@pytest.mark.parametrize("grids", [(8, 4, 2), (2,), (3, 1)])
def test_every_parameter_has_a_gradient(grids):
    network = build(grids=grids)
    network(torch.rand(1, 3, 33, 36)).square().sum().backward()
    without = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not [name for name in without if not name.endswith("phi.bias")]
    assert all(p.grad is not None for p in network.parameters())


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (8, 8), (16, 9), (17, 25), (33, 57)])
def test_any_size_goes_in_and_comes_out(size):
    network = build()
    with torch.no_grad():
        output = forward_padded(network, torch.rand(2, 3, *size))
    assert output.shape == (2, 3, *size)
    assert output.isfinite().all()


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_the_minimum_is_the_smallest_size_that_runs(levels):
    network = build(grids=(8, 4, 2)[:levels])
    smallest = network.size_requirements.minimum
    assert smallest == 2**levels
    network(torch.rand(1, 3, smallest, smallest))
    with pytest.raises(RuntimeError):
        network(torch.rand(1, 3, 32, smallest - 1))


def test_the_rain_is_subtracted_and_no_more_than_one():
    network = build()
    nn.init.zeros_(network.tail[0].weight)
    network.tail[0].bias.data = torch.tensor([0.1, -0.2, 50.0])
    x = torch.rand(1, 3, 16, 16)
    rain = torch.tensor([0.1, -0.2, 50.0]).tanh()[:, None, None]
    torch.testing.assert_close(network(x), x - rain)


def test_training_lowers_the_loss():
    torch.manual_seed(0)
    network = NLEDN(**SMALL)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    gt = F.interpolate(torch.rand(2, 3, 4, 4), size=(24, 24), mode="bilinear")
    lq = (gt + 0.5 * (torch.rand(2, 1, 24, 24) > 0.9)).clamp(0, 1)
    losses = []
    for _ in range(25):
        loss = (network(lq) - gt).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"channels": 0}, "NLEDN: channels=0"),
        ({"growth": 0}, "growth=0"),
        ({"num_layers": 0}, "num_layers=0"),
        ({"grids": ()}, "grids is empty"),
        ({"grids": (8, 0)}, "grid=0"),
    ],
    ids=str,
)
def test_bad_values_are_named(kwargs, message):
    with pytest.raises(ConfigError, match=message):
        NLEDN(**{**SMALL, **kwargs})

from __future__ import annotations

import pytest
import torch
from torch import nn

from restorekit.archs import REHEN, forward_padded
from restorekit.archs.blocks import SqueezeExcitation
from restorekit.errors import ConfigError

OWN_MOMENTS = {"type": "BatchNorm", "eps": 1e-3, "image_moments": True}


def awake(network: nn.Module) -> nn.Module:
    """Open the few ReLUs of the squeeze-and-excitations, which chance may have closed."""
    for module in network.modules():
        if isinstance(module, SqueezeExcitation):
            nn.init.ones_(module.squeeze.bias)
    return network


def build(**kwargs) -> REHEN:
    torch.manual_seed(0)
    small = {"channels": 6, "num_blocks": 3, "se_channels": 2, "num_stages": 3}
    return awake(REHEN(**{**small, **kwargs}).eval())


def test_parameter_count_is_the_released_one():
    """The number of the authors' README."""
    assert sum(p.numel() for p in REHEN().parameters()) == 298_263


@pytest.mark.parametrize("norm", ["BatchNorm", OWN_MOMENTS], ids=["running", "own"])
@pytest.mark.parametrize("num_stages", [1, 2, 3])
def test_every_parameter_has_a_gradient(num_stages, norm):
    network = build(num_stages=num_stages, norm=norm)
    sum(output.square().sum() for output in network(torch.rand(1, 3, 9, 11))).backward()
    without = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not without
    # In training the normalisation takes some biases out again: zero but for rounding.
    network.train().zero_grad()
    sum(output.square().sum() for output in network(torch.rand(2, 3, 9, 11))).backward()
    assert all(p.grad is not None for p in network.parameters())


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (7, 5), (16, 16)])
def test_any_size_goes_in_and_comes_out_of_every_stage(size):
    network = build()
    with torch.no_grad():
        outputs = forward_padded(network, torch.rand(2, 3, *size))
    assert [output.shape for output in outputs] == [(2, 3, *size)] * 3
    assert all(output.isfinite().all() for output in outputs)


def test_the_rain_is_subtracted():
    network = build()
    nn.init.zeros_(network.head[-1].weight)
    network.head[-1].bias.data = torch.tensor([0.1, 0.2, -0.3])
    x = torch.rand(1, 3, 4, 4)
    for output in network(x):
        torch.testing.assert_close(output, x - network.head[-1].bias[:, None, None])


def test_an_enhancement_adds_the_fusion_of_three_depths():
    network = build()
    enhancement = network.units[1].enhancement
    x = torch.rand(1, 6, 8, 8)
    with torch.no_grad():
        first = x + enhancement.blocks[0].body(x)
        second = first + enhancement.blocks[1].body(first)
        conv, norm, attention, _ = enhancement.fusion
        fused = torch.relu(attention(norm(conv(torch.cat([x, first, second], dim=1)))))
        torch.testing.assert_close(enhancement(x), x + fused)
    assert network.units[0].enhancement is None


def test_the_running_averages_move_as_slowly_as_in_the_released_code():
    network = REHEN(num_stages=1, num_blocks=2)
    norm = network.units[1].enhancement.fusion[1]
    assert norm.eps == 1e-3
    seen = []
    hook = norm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    network.train()(torch.rand(2, 3, 16, 16))
    hook.remove()
    mean = seen[0].mean(dim=(0, 2, 3))
    torch.testing.assert_close(norm.running_mean, (1 - 0.9997) * mean, rtol=1e-4, atol=1e-8)


def test_with_its_own_moments_an_image_is_the_same_alone_and_in_a_batch():
    network = build(norm=OWN_MOMENTS)
    x = torch.rand(2, 3, 12, 12)
    with torch.no_grad():
        torch.testing.assert_close(network(x)[-1][:1], network(x[:1])[-1])
    # And differs from that by running averages.
    assert not torch.allclose(network(x)[-1], build()(x)[-1], atol=1e-3)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"channels": 0}, "REHEN: channels=0"),
        ({"num_blocks": 0}, "REHEN: num_blocks=0"),
        ({"num_stages": 0}, "REHEN: num_stages=0"),
        ({"se_channels": 0}, "REHEN: se_channels=0"),
        ({"norm": "BatchNorn"}, "norm: 'BatchNorn'.*Did you mean 'BatchNorm'"),
    ],
)
def test_bad_values_are_named(kwargs, message):
    with pytest.raises(ConfigError, match=message):
        REHEN(**kwargs)

from __future__ import annotations

import pytest
import torch
from torch import nn

from restorekit.archs import PReNet, forward_padded
from restorekit.errors import ConfigError

#: The released networks and their numbers of parameters, measured on the released code.
VARIANTS = {
    "PReNet": ({}, 168_963),
    "PReNet_r": ({"recursive_blocks": True}, 94_979),
    "PRN": ({"recurrent_unit": None}, 95_107),
    "PRN_r": ({"recurrent_unit": None, "recursive_blocks": True}, 21_123),
    "PReNet_LSTM": ({"residual": False}, 168_963),
    "PReNet_GRU": ({"recurrent_unit": "PlainConvGRU", "residual": False}, 150_499),
    "PReNet_x": ({"concat_input": False, "residual": False}, 168_099),
}


def build(name: str = "PReNet", **kwargs) -> PReNet:
    torch.manual_seed(0)
    return PReNet(**{"channels": 6, "num_stages": 3, **VARIANTS[name][0], **kwargs}).eval()


@pytest.mark.parametrize("name", VARIANTS)
def test_parameter_counts_are_the_released_ones(name):
    kwargs, expected = VARIANTS[name]
    assert sum(p.numel() for p in PReNet(**kwargs).parameters()) == expected


@pytest.mark.parametrize("num_stages", [1, 2, 3])
@pytest.mark.parametrize("name", VARIANTS)
def test_every_parameter_has_a_gradient_from_the_final_output_alone(name, num_stages):
    network = build(name, num_stages=num_stages)
    network(torch.rand(1, 3, 9, 11))[-1].square().sum().backward()
    without = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not without


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("size", [(1, 1), (1, 6), (7, 5), (16, 16)])
def test_any_size_goes_in_and_comes_out_of_every_stage(name, size):
    network = build(name)
    with torch.no_grad():
        outputs = forward_padded(network, torch.rand(2, 3, *size))
    assert [output.shape for output in outputs] == [(2, 3, *size)] * 3
    assert all(output.isfinite().all() for output in outputs)


def test_the_residual_is_added():
    network = build()
    nn.init.zeros_(network.tail.weight)
    network.tail.bias.data = torch.tensor([0.1, 0.2, -0.3])
    x = torch.rand(1, 3, 4, 4)
    for output in network(x):
        torch.testing.assert_close(output, x + network.tail.bias[:, None, None])
    network.residual = False
    torch.testing.assert_close(network(x)[-1][..., 0, 0], network.tail.bias[None])


def test_a_stage_sees_the_rainy_image_and_the_output_before():
    network = build("PRN", num_stages=2)
    x = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        first, second = network(x)
        # By hand: the first stage sees the image twice, the second its own output as well.
        for image, expected in ((x, first), (first, second)):
            features = torch.relu(network.head[0](torch.cat([x, image], dim=1)))
            for block in network.blocks:
                features = torch.relu(features + block.body(features))
            torch.testing.assert_close(x + network.tail(features), expected)
        # PReNet_x does not see the image again.
        network = build("PReNet_x", recurrent_unit=None, num_stages=2)
        first, second = network(x)
        torch.testing.assert_close(network(first)[0], second)


def test_only_the_recurrent_unit_remembers_the_stage_before():
    network = build(num_stages=2, concat_input=False)
    x = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        first, second = network(x)
        network.recurrent_unit.conv_h.weight += 0.1
        changed_first, changed_second = network(x)
    assert torch.equal(first, changed_first)
    assert not torch.equal(second, changed_second)


def test_a_recursive_block_is_used_as_often_as_there_would_be_blocks():
    recursive = build("PReNet_r", num_blocks=3)
    plain = build("PReNet", num_blocks=3)
    assert len(recursive.blocks) == 1
    weights = recursive.state_dict()
    for key in list(plain.state_dict()):
        if key.startswith("blocks."):
            weights[key] = weights["blocks.0." + key.split(".", 2)[2]]
    plain.load_state_dict(weights)
    x = torch.rand(1, 3, 8, 8)
    assert torch.equal(plain(x)[-1], recursive(x)[-1])
    recursive.num_blocks = 2
    assert not torch.equal(plain(x)[-1], recursive(x)[-1])


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"channels": 0}, "PReNet: channels=0"),
        ({"num_stages": 0}, "PReNet: num_stages=0"),
        ({"num_blocks": 1.5}, "PReNet: num_blocks=1.5"),
        ({"recurrent_unit": "PlainConvLSTN"}, "Did you mean 'PlainConvLSTM'"),
        ({"recurrent_unit": "os.system"}, "recurrent_unit: 'os.system' is not the name"),
    ],
)
def test_bad_values_are_named(kwargs, message):
    with pytest.raises(ConfigError, match=message):
        PReNet(**kwargs)

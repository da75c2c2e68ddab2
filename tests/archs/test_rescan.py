from __future__ import annotations

import pytest
import torch
from torch import nn

from restorekit.archs import RESCAN, forward_padded
from restorekit.archs.blocks import SqueezeExcitation
from restorekit.errors import ConfigError

#: Numbers of parameters measured on the released code.
UNITS = {"ConvGRU": 149_823, "ConvLSTM": 197_367, "ConvRNN": 54_735, "ConvUnit": 28_695}
PREDICTIONS = ("full", "additive")


def awake(network: nn.Module) -> nn.Module:
    """Open the few ReLUs of the squeeze-and-excitations, which chance may have closed."""
    for module in network.modules():
        if isinstance(module, SqueezeExcitation):
            nn.init.ones_(module.squeeze.bias)
    return network


def build(**kwargs) -> RESCAN:
    torch.manual_seed(0)
    small = {"channels": 6, "depth": 5, "se_channels": 2, "num_stages": 3}
    return awake(RESCAN(**{**small, **kwargs}).eval())


@pytest.mark.parametrize("unit", UNITS)
def test_parameter_counts_are_the_released_ones(unit):
    network = RESCAN(recurrent_unit=unit)
    assert sum(p.numel() for p in network.parameters()) == UNITS[unit]


@pytest.mark.parametrize("num_stages", [1, 2, 3])
@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("unit", UNITS)
def test_every_parameter_has_a_gradient(unit, prediction, num_stages):
    network = build(recurrent_unit=unit, prediction=prediction, num_stages=num_stages)
    sum(output.square().sum() for output in network(torch.rand(1, 3, 9, 11))).backward()
    without = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not without


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("size", [(1, 1), (1, 6), (7, 5), (16, 16)])
def test_any_size_goes_in_and_comes_out_of_every_stage(unit, size):
    network = build(recurrent_unit=unit, depth=7)
    with torch.no_grad():
        outputs = forward_padded(network, torch.rand(2, 3, *size))
    assert [output.shape for output in outputs] == [(2, 3, *size)] * 3
    assert all(output.isfinite().all() for output in outputs)


def test_the_input_is_dilated_more_from_unit_to_unit_and_the_state_never():
    units = build(depth=8).units
    assert [unit.conv_x.dilation[0] for unit in units] == [1, 1, 2, 4, 8, 16]
    assert {unit.conv_h.dilation[0] for unit in units} == {1}


def test_the_rain_is_subtracted_and_added_up_where_stages_predict_what_is_left():
    bias = torch.tensor([0.1, 0.2, -0.3])
    x = torch.rand(1, 3, 4, 4)
    for prediction in PREDICTIONS:
        network = build(prediction=prediction)
        nn.init.zeros_(network.head[-1].weight)
        network.head[-1].bias.data = bias
        for stage, output in enumerate(network(x)):
            times = stage + 1 if prediction == "additive" else 1
            torch.testing.assert_close(output, x - times * bias[:, None, None])


def test_added_rain_sends_no_gradient_to_the_stage_before():
    """Without a state and with blind units, the last output depends on its own stage alone."""
    network = build(prediction="additive", recurrent_unit="ConvUnit", num_stages=2)
    nn.init.zeros_(network.units[0].conv_x.weight)
    bias = network.head[-1].bias
    network(torch.rand(1, 3, 4, 4))[-1].sum().backward()
    # One for each of 16 pixels; two, if the stage before counted too.
    torch.testing.assert_close(bias.grad, torch.full((3,), -16.0))


@pytest.mark.parametrize("unit", ["ConvGRU", "ConvLSTM", "ConvRNN"])
def test_each_unit_remembers_its_own_state(unit):
    network = build(recurrent_unit=unit)
    x = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        before = network(x)
        for index in range(3):
            network.units[index].conv_h.bias += 1
            after = network(x)
            assert torch.equal(after[0], before[0])
            assert not torch.allclose(after[1], before[1])
            before = after


def test_only_with_squeeze_and_excitation_a_pixel_sees_the_whole_image():
    x = torch.rand(1, 3, 40, 40).double()
    changed = x.clone()
    changed[..., 20:, 20:] = 0
    for se_channels, equal in ((2, False), (0, True)):
        network = build(se_channels=se_channels, num_stages=1).double()
        with torch.no_grad():
            difference = network(x)[0][..., 0, 0] - network(changed)[0][..., 0, 0]
        assert (difference == 0).all().item() is equal


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"channels": 0}, "RESCAN: channels=0"),
        ({"depth": 2}, "RESCAN: depth=2"),
        ({"num_stages": 0}, "RESCAN: num_stages=0"),
        ({"se_channels": -1}, "RESCAN: se_channels=-1"),
        ({"prediction": "add"}, "prediction='add' cannot be used; give one of 'full', 'additive'"),
        ({"recurrent_unit": "GRU"}, "recurrent_unit: 'GRU' is not the name"),
    ],
)
def test_bad_values_are_named(kwargs, message):
    with pytest.raises(ConfigError, match=message):
        RESCAN(**kwargs)

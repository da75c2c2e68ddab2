"""The recurrent units of the textbook's form, those with attention, and the one without state."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from restorekit.archs.blocks import ConvUnit, PlainConvGRU, PlainConvLSTM
from restorekit.registry import MODELS


def pixels(x: torch.Tensor) -> torch.Tensor:
    return x.movedim(1, -1).flatten(0, 2)


def test_a_1x1_plain_lstm_is_torchs_lstm_cell_from_the_first_step_on():
    torch.manual_seed(0)
    unit, cell = PlainConvLSTM(3, 5, kernel_size=1), torch.nn.LSTMCell(3, 5)
    state = {}
    for name, weight, bias in (
        ("ih", unit.conv_x.weight, unit.conv_x.bias),
        ("hh", unit.conv_h.weight, torch.zeros(20)),
    ):
        for part, tensor in (("weight", weight.flatten(1)), ("bias", bias)):
            i, o, j, f = tensor.split(5)
            state[f"{part}_{name}"] = torch.cat([i, f, j, o])
    cell.load_state_dict(state)
    assert unit.conv_h.bias is None
    memory = expected = None
    for _ in range(3):
        x = torch.randn(2, 3, 4, 6)
        output, memory = unit(x) if memory is None else unit(x, memory)
        expected = cell(pixels(x), expected)
        torch.testing.assert_close(pixels(output), expected[0], atol=1e-6, rtol=1e-5)


def test_a_1x1_plain_gru_is_the_textbooks_from_the_first_step_on():
    """Cho et al. 2014, with the reset gate before the candidate's matrix."""
    torch.manual_seed(0)
    unit = PlainConvGRU(3, 5, kernel_size=1)
    assert unit.conv_h.bias is None
    assert unit.conv_n.bias is None
    memory, hidden = None, torch.zeros(2 * 4 * 6, 5)
    for _ in range(3):
        x = torch.randn(2, 3, 4, 6)
        output, memory = unit(x) if memory is None else unit(x, memory)
        flat = F.linear(pixels(x), unit.conv_x.weight.flatten(1), unit.conv_x.bias)
        z, n, r = flat.split(5, dim=1)
        u_z, u_r = unit.conv_h.weight.flatten(1).split(5)
        z, r = torch.sigmoid(z + hidden @ u_z.T), torch.sigmoid(r + hidden @ u_r.T)
        candidate = torch.tanh(n + (r * hidden) @ unit.conv_n.weight.flatten(1).T)
        hidden = (1 - z) * hidden + z * candidate
        torch.testing.assert_close(pixels(output), hidden, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", ["ConvRNN", "ConvGRU", "ConvLSTM"])
def test_attention_weighs_the_output_before_the_leaky_relu_and_is_in_the_state(name):
    torch.manual_seed(0)
    arguments = {"in_channels": 3, "hidden_channels": 6}
    unit = MODELS.build({"type": name, **arguments, "se_channels": 2})
    bare = MODELS.build({"type": name, **arguments})
    bare.load_state_dict({k: v for k, v in unit.state_dict().items() if "attention" not in k})
    x = torch.randn(1, 3, 5, 5)
    output, state = unit(x)
    # The LeakyReLU of slope 0.2 can be undone.
    plain = bare(x)[0]
    before = torch.where(plain > 0, plain, 5 * plain)
    torch.testing.assert_close(output, F.leaky_relu(unit.attention(before), 0.2))
    assert state[0] is output


def test_the_unit_without_a_state_is_a_convolution():
    unit = ConvUnit(3, 4, dilation=2, se_channels=2)
    x = torch.randn(1, 3, 6, 6)
    output, state = unit(x)
    conv = F.conv2d(x, unit.conv_x.weight, unit.conv_x.bias, padding=2, dilation=2)
    torch.testing.assert_close(output, F.leaky_relu(unit.attention(conv), 0.2))
    assert state == ()
    assert torch.equal(unit(x, state)[0], output)
    assert not hasattr(unit, "conv_h")


@pytest.mark.parametrize("name", ["PlainConvGRU", "PlainConvLSTM", "ConvUnit"])
@pytest.mark.parametrize("first_step", [True, False])
def test_every_parameter_has_a_gradient(name, first_step):
    unit = MODELS.build(
        {"type": name, "in_channels": 3, "hidden_channels": 4, "first_step": first_step}
    )
    output, state = unit(torch.randn(1, 3, 8, 8))
    assert len(state) == unit.num_states
    if not first_step:
        output, _ = unit(torch.randn(1, 3, 8, 8), state)
    output.sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in unit.parameters())

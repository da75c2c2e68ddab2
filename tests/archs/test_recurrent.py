from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from restorekit.archs.blocks import ConvGRU, ConvLSTM, ConvRNN
from restorekit.errors import ConfigError
from restorekit.registry import MODELS

UNITS = ["ConvRNN", "ConvGRU", "ConvLSTM"]


def lrelu(x: torch.Tensor) -> torch.Tensor:
    return torch.where(x > 0, x, 0.2 * x)


def pixels(x: torch.Tensor) -> torch.Tensor:
    return x.movedim(1, -1).flatten(0, 2)


def test_a_1x1_gru_is_torchs_gru_cell_on_every_pixel():
    """torch's cell keeps the state where z = 1, and applies the reset gate after the matrix."""
    torch.manual_seed(0)
    unit = ConvGRU(3, 5, kernel_size=1)
    x, h = torch.randn(2, 3, 4, 6), torch.randn(2, 5, 4, 6)
    # With a reset gate wide open both forms of the candidate agree.
    with torch.no_grad():
        unit.conv_x.bias[10:] = 50.0
    cell = torch.nn.GRUCell(3, 5)
    w_z, w_n, w_r = unit.conv_x.weight[:, :, 0, 0].split(5)
    b_z, b_n, b_r = unit.conv_x.bias.split(5)
    u_z, u_r = unit.conv_h.weight[:, :, 0, 0].split(5)
    c_z, c_r = unit.conv_h.bias.split(5)
    state = {
        "weight_ih": torch.cat([w_r, -w_z, w_n]),
        "bias_ih": torch.cat([b_r, -b_z, b_n]),
        "weight_hh": torch.cat([u_r, -u_z, unit.conv_n.weight[:, :, 0, 0]]),
        "bias_hh": torch.cat([c_r, -c_z, unit.conv_n.bias]),
    }
    cell.load_state_dict(state)
    output, (hidden,) = unit(x, (h,))
    expected = lrelu(cell(pixels(x), pixels(h)))
    torch.testing.assert_close(pixels(output), expected, atol=1e-6, rtol=1e-5)
    assert hidden is output


def test_the_reset_gate_weighs_the_state_before_the_candidates_convolution():
    torch.manual_seed(0)
    unit = ConvGRU(2, 2)
    with torch.no_grad():
        unit.conv_x.bias[4:] = -100.0  # r = 0
    x, h = torch.randn(1, 2, 5, 5), torch.randn(1, 2, 5, 5)
    z, n, _ = unit.conv_x(x).split(2, dim=1)
    z = torch.sigmoid(z + unit.conv_h(h).split(2, dim=1)[0])
    n = torch.tanh(n + unit.conv_n.bias[:, None, None])
    torch.testing.assert_close(unit(x, (h,))[0], lrelu((1 - z) * h + z * n))


def test_a_1x1_lstm_is_torchs_lstm_cell_on_every_pixel():
    torch.manual_seed(0)
    unit = ConvLSTM(3, 5, kernel_size=1)
    x, h, c = torch.randn(2, 3, 4, 6), torch.randn(2, 5, 4, 6), torch.randn(2, 5, 4, 6)
    cell = torch.nn.LSTMCell(3, 5)
    state = {}
    for conv, name in ((unit.conv_x, "ih"), (unit.conv_h, "hh")):
        for part, tensor in (("weight", conv.weight[:, :, 0, 0]), ("bias", conv.bias)):
            i, o, j, f = tensor.split(5)
            state[f"{part}_{name}"] = torch.cat([i, f, j, o])
    cell.load_state_dict(state)
    output, (hidden, new_cell) = unit(x, (h, c))
    expected_h, expected_c = cell(pixels(x), (pixels(h), pixels(c)))
    torch.testing.assert_close(pixels(output), lrelu(expected_h), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(pixels(new_cell), expected_c, atol=1e-6, rtol=1e-5)
    assert hidden is output


def test_a_1x1_rnn_is_torchs_rnn_cell_on_every_pixel():
    torch.manual_seed(0)
    unit = ConvRNN(3, 5, kernel_size=1)
    x, h = torch.randn(2, 3, 4, 6), torch.randn(2, 5, 4, 6)
    cell = torch.nn.RNNCell(3, 5)
    cell.load_state_dict(
        {
            f"{part}_{name}": getattr(conv, part).flatten(1) if part == "weight" else conv.bias
            for conv, name in ((unit.conv_x, "ih"), (unit.conv_h, "hh"))
            for part in ("weight", "bias")
        }
    )
    expected = lrelu(cell(pixels(x), pixels(h)))
    torch.testing.assert_close(pixels(unit(x, (h,))[0]), expected, atol=1e-6, rtol=1e-5)


def test_without_a_state_the_first_step_is_the_released_one():
    """h = z·n for the GRU, h = o·c without tanh for the LSTM (facts of the released code)."""
    torch.manual_seed(0)
    x = torch.randn(1, 3, 6, 6)
    gru, lstm = ConvGRU(3, 4), ConvLSTM(3, 4)
    z, n, _ = gru.conv_x(x).split(4, dim=1)
    torch.testing.assert_close(gru(x)[0], lrelu(torch.sigmoid(z) * torch.tanh(n)))
    i, o, j, _ = lstm.conv_x(x).split(4, dim=1)
    cell = torch.sigmoid(i) * torch.tanh(j)
    output, (_, new_cell) = lstm(x)
    torch.testing.assert_close(output, lrelu(torch.sigmoid(o) * cell))
    torch.testing.assert_close(new_cell, cell)


@pytest.mark.parametrize("name", UNITS)
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


@pytest.mark.parametrize("name", UNITS)
def test_only_the_input_is_dilated(name):
    unit = MODELS.build({"type": name, "in_channels": 3, "hidden_channels": 4, "dilation": 4})
    x = torch.randn(1, 3, 9, 7)
    output, state = unit(x)
    assert unit(x, state)[0].shape == output.shape == (1, 4, 9, 7)
    assert unit.conv_x.dilation == (4, 4)
    assert unit.conv_h.dilation == (1, 1)


@pytest.mark.parametrize(
    ("key", "value"), [("kernel_size", 2), ("hidden_channels", 0), ("dilation", 0.5)]
)
def test_bad_values_are_named(key, value):
    with pytest.raises(ConfigError, match=f"ConvGRU: {key}={value}"):
        ConvGRU(**{"in_channels": 3, "hidden_channels": 4, key: value})


def test_leaky_relu_has_the_papers_slope():
    unit = ConvRNN(1, 1)
    x = torch.randn(1, 1, 5, 5)
    torch.testing.assert_close(unit(x)[0], F.leaky_relu(torch.tanh(unit.conv_x(x)), 0.2))

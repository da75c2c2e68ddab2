"""The released DCSFN: its checkpoints in our network give its own outputs."""

from __future__ import annotations

import pytest
import torch
from released_dcsfn import Released, golden_cases, golden_id, rgb_image

from restorekit.archs import forward_padded
from restorekit.checkpoints import load_network
from restorekit.checkpoints.converters import convert_checkpoint
from restorekit.checkpoints.converters.dcsfn import convert_dcsfn
from restorekit.checkpoints.network_config import build_network
from restorekit.errors import CheckpointError


def ours(settings: Released) -> torch.nn.Module:
    converted = convert_dcsfn(settings.state_dict(), "released")
    return build_network(converted.config, converted.weights, "released")


@pytest.mark.parametrize("case", golden_cases(), ids=golden_id)
def test_gives_what_the_released_code_gives(case):
    """The values were made by running the released code on the image in BGR."""
    with torch.no_grad():
        output = ours(case["settings"])(rgb_image(case["height"], case["width"])).flatten()
    expected = torch.tensor(case["values"])
    torch.testing.assert_close(output[:: case["step"]], expected, atol=1e-5, rtol=0)
    assert output.double().mean().item() == pytest.approx(case["mean"], abs=1e-5)


def test_without_the_double_resize_the_lstm_differs():
    case = next(c for c in golden_cases() if c["settings"].unit == "LSTM")
    converted = convert_dcsfn(case["settings"].state_dict(), "released")
    assert converted.config.pop("chained_state_resize") is True
    network = build_network(converted.config, converted.weights, "released")
    with torch.no_grad():
        output = network(rgb_image(case["height"], case["width"])).flatten()[:: case["step"]]
    assert (output - torch.tensor(case["values"])).abs().max() > 1e-4


@pytest.mark.parametrize(
    ("settings", "config", "dropped"),
    [
        (
            Released(5, 3, 4, 2, "GRU"),
            {"channels": 5, "num_units": 3, "num_scales": 4, "num_convs": 2}
            | {"recurrent_unit": "ConvGRU", "num_subnetworks": 3},
            2 * (2 * 5 * 5 + 5) + 2 * 4 * (5 * 5 * 9 + 5),
        ),
        (
            Released(6, 1, 3, 1, "RNN"),
            {"channels": 6, "num_units": 1, "num_scales": 3, "num_convs": 1}
            | {"recurrent_unit": "ConvRNN", "num_subnetworks": 3},
            2 * (2 * 6 * 6 + 6) + 2 * 1 * (6 * 6 * 9 + 6),
        ),
        (
            Released(4, 2, 2, 4, "LSTM"),
            {"channels": 4, "num_units": 2, "num_scales": 2, "num_convs": 4}
            | {"recurrent_unit": "ConvLSTM", "num_subnetworks": 3, "chained_state_resize": True},
            2 * 5 * (4 * 4 * 9 + 4),
        ),
        (
            Released(4, 2, 2, 3, single=True),
            {"channels": 4, "num_units": 2, "num_scales": 2, "num_convs": 3}
            | {"num_subnetworks": 1},
            0,
        ),
    ],
)
def test_everything_is_read_off_the_weights(settings, config, dropped):
    converted = convert_dcsfn(settings.state_dict(), "released")
    assert converted.config == {"type": "DCSFN", **config}
    assert converted.facts["unused_parameters_dropped"] == dropped
    total = sum(v.numel() for v in settings.state_dict().values())
    assert sum(v.numel() for v in converted.weights.values()) == total - dropped


def test_the_released_settings_have_the_released_count():
    shapes = Released(20, 16, 4, 4, "GRU").layout().values()
    assert sum(torch.Size(shape).numel() for shape in shapes) == 6_453_147


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("form", ["bare", "parallel", "train.py"])
def test_from_their_file_to_a_network(tmp_path, form, suffix):
    settings = Released(num_encoder=1)
    content: dict = settings.state_dict()
    if form != "bare":
        content = {f"module.{key}": value for key, value in content.items()}
    if form == "train.py":
        optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(2))]).state_dict()
        content = {"net": content, "clock_net": 60_000, "opt_net": optimizer}
    source, target = tmp_path / "latest_net", tmp_path / f"dcsfn{suffix}"
    torch.save(content, source)
    converted = convert_checkpoint("dcsfn", source, target)
    assert converted.facts.get("iteration") == (60_000 if form == "train.py" else None)
    x = rgb_image(9, 40)
    with torch.no_grad():
        restored = load_network(target, accelerate=False)(x)
        assert torch.equal(restored, forward_padded(ours(settings), x))


def without(key: str) -> dict:
    return {k: v for k, v in Released().state_dict().items() if not k.startswith(key)}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({}, "not a dict of tensors"),
        ([torch.zeros(1)], "not a dict of tensors"),
        ({"net": None}, "not a dict of tensors"),
        ({"conv.weight": torch.zeros(3, 3)}, r"no 'convert\.0\.weight'"),
        ({"convert.0.weight": torch.zeros(())}, r"'convert\.0\.weight' has the shape \[\]"),
        ({"convert.0.weight": torch.zeros(4, 3, 3, 3)}, "no encoder_scale1"),
        (without("rec1_2.conv_hr.bias"), r"no 'rec1_2\.conv_hr\.bias'"),
        (without("decoder_scale2.units.1"), r"no 'decoder_scale2\.units\.1"),
        (without("rec"), "none of GRU, LSTM and RNN"),
        (without("fusion_"), "Net_cross=False"),
        (Released().state_dict() | {"extra.weight": torch.zeros(1)}, "extra.weight"),
        (Released().state_dict() | {"fusion_1_2_1.0.weight": torch.zeros(4)}, "dimension"),
        (Released().state_dict() | {"rec1_2.conv_hr.weight": torch.zeros(4, 1, 3, 3)}, "differ"),
    ],
)
def test_other_files_are_explained(content, reason):
    with pytest.raises(CheckpointError, match=f"^model.pth is not a .*DCSFN: .*{reason}"):
        convert_dcsfn(content, "model.pth")


def test_a_single_wrong_shape_is_found_before_writing(tmp_path):
    torch.save(Released().state_dict() | {"merge.2.bias": torch.zeros(5)}, tmp_path / "in.pth")
    with pytest.raises(CheckpointError, match=r"tail\.2\.bias.* of another shape"):
        convert_checkpoint("dcsfn", tmp_path / "in.pth", tmp_path / "out.pth")
    assert not (tmp_path / "out.pth").exists()

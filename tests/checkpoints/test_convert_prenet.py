"""The released PReNet family: its checkpoints in our network give its own outputs."""

from __future__ import annotations

import pytest
import torch
from golden import assert_golden
from released_prenet import DIRECT, GATES, released_prenet

from restorekit.checkpoints import load_network
from restorekit.checkpoints.converters import convert_checkpoint
from restorekit.checkpoints.converters.prenet import convert_prenet
from restorekit.checkpoints.network_config import build_network
from restorekit.checkpoints.network_file import read_network_file
from restorekit.cli import main
from restorekit.errors import CheckpointError


@pytest.mark.parametrize("name", GATES)
def test_gives_what_the_released_code_gives(name):
    converted = convert_prenet(released_prenet(name), "released")
    assert_golden(name, build_network(converted.config, converted.weights, "released"))


# What measuring the released classes gave.
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("PReNet", 168_963),
        ("PReNet_LSTM", 168_963),
        ("PReNet_GRU", 150_499),
        ("PReNet_x", 168_099),
        ("PReNet_r", 94_979),
        ("PRN", 95_107),
        ("PRN_r", 21_123),
    ],
)
def test_the_variant_is_read_off_the_weights(name, parameters):
    released = released_prenet(name)
    converted = convert_prenet({f"module.{k}": v for k, v in released.items()}, "released")
    unit = {"LSTM": "PlainConvLSTM", "GRU": "PlainConvGRU", "PRN": None}
    assert converted.config == {
        "type": "PReNet",
        "channels": 32,
        "num_stages": 6,
        "num_blocks": 5,
        "recurrent_unit": next((u for part, u in unit.items() if part in name), "PlainConvLSTM"),
        "recursive_blocks": name.endswith("_r"),
        "concat_input": name != "PReNet_x",
        "residual": name not in DIRECT,
    }
    assert converted.assumed == {"num_stages": 6}
    for weights in (released, converted.weights):
        assert sum(value.numel() for value in weights.values()) == parameters


def test_from_their_file_to_a_network_of_other_stages(tmp_path):
    torch.save(released_prenet("PReNet_LSTM"), tmp_path / "net_latest.pth")
    target = tmp_path / "prenet.safetensors"
    convert_checkpoint("prenet", tmp_path / "net_latest.pth", target, {"num_stages": 7})
    with torch.no_grad():
        assert len(load_network(target)(torch.rand(1, 3, 8, 8))) == 7


def test_what_the_file_does_not_tell_is_said_and_can_be_set(tmp_path, capsys):
    source, target = tmp_path / "net_latest.pth", tmp_path / "prenet.safetensors"
    torch.save(released_prenet("PReNet_r"), source)
    assert main(["convert", "prenet", str(source), str(target)]) == 0
    assert "--set num_stages=6" in capsys.readouterr().out
    assert read_network_file(target)[1]["converted_from"]["assumed"] == {"num_stages": 6}
    assert main(["convert", "prenet", str(source), str(target), "--set", "num_stages=5"]) == 0
    assert "--set" not in capsys.readouterr().out
    facts = read_network_file(target)[1]
    assert facts["network"]["num_stages"] == 5
    assert facts["converted_from"]["set"] == {"num_stages": 5}
    assert "assumed" not in facts["converted_from"]
    assert main(["convert", "prenet", str(source), str(target), "--set", "stages=5"]) == 2
    assert "'stages'" in capsys.readouterr().err


@pytest.mark.parametrize("wrapper", ["net", "state_dict", "model", "params"])
def test_a_state_dict_among_other_things_is_found(wrapper):
    """Users who train with the released code save it so."""
    released = released_prenet("PRN_r")
    alone = convert_prenet(released, "released")
    content = {"epoch": 3, wrapper: {f"module.{k}": v for k, v in released.items()}}
    wrapped = convert_prenet(content, "released")
    assert wrapped.config == alone.config
    assert all(torch.equal(wrapped.weights[key], value) for key, value in alone.weights.items())


def changed(name: str, **shapes: tuple[int, ...]) -> dict:
    keys = {key.replace("__", "."): torch.zeros(shape) for key, shape in shapes.items()}
    return released_prenet(name) | keys


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"net": {}}, "not a dict of tensors"),
        ({"conv.weight": torch.zeros(3, 3)}, r"no 'conv0\.0\.weight'"),
        ({"conv0.0.weight": torch.zeros(32, 6, 3, 3)}, r"no 'res_conv1\.0\.weight'"),
        (changed("PRN", conv0__0__weight=(32, 4, 3, 3)), r"has the shape \[32, 4, 3, 3\]"),
        (changed("PRN", conv_f__0__weight=(32, 64, 3, 3)), "other parameters.*conv_f"),
        (changed("PReNet", conv_o__0__weight=(32, 32, 3, 3)), "differ in shape"),
        ({k: v for k, v in released_prenet("PReNet").items() if "conv_g" not in k}, "no 'conv_g"),
    ],
)
def test_other_files_are_explained(content, reason):
    with pytest.raises(CheckpointError, match=f"^x.pth is not a .*PReNet: .*{reason}"):
        convert_prenet(content, "x.pth")


@pytest.mark.parametrize(
    ("file", "parameters", "residual"),
    [
        ("Rain100L_PReNet6", 168_963, True),
        ("Rain100L_PReNet6_r", 94_979, True),
        ("Rain100L_PRN6", 95_107, True),
        ("Rain100L_PRN6_r", 21_123, True),
        ("ablation_PReNet6_GRU", 150_499, False),
    ],
)
def test_the_authors_own_files(tmp_path, real_data, file, parameters, residual):
    source = real_data / "weights" / "prenet" / f"{file}.pth"
    converted = convert_checkpoint("prenet", source, tmp_path / "prenet.pth")
    assert sum(value.numel() for value in converted.weights.values()) == parameters
    assert converted.config["residual"] is residual
    network = load_network(tmp_path / "prenet.pth")
    grey = torch.full((1, 3, 24, 24), 0.4)
    with torch.no_grad():
        assert (network(grey)[-1] - grey).abs().mean() < 0.02

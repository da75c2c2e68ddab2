"""The released RESCAN: its checkpoints in our network give its own outputs."""

from __future__ import annotations

import pytest
import torch
from golden import assert_golden
from released_rescan import GATES, released_rescan

from restorekit.checkpoints import load_network
from restorekit.checkpoints.converters import convert_checkpoint
from restorekit.checkpoints.converters.rescan import convert_rescan
from restorekit.checkpoints.network_config import build_network
from restorekit.errors import CheckpointError


@pytest.mark.parametrize("frame", ["Full", "Add"])
@pytest.mark.parametrize("unit", GATES)
def test_gives_what_the_released_code_gives(unit, frame):
    """The values were made by running the released code on the image in BGR."""
    converted = convert_rescan(released_rescan(unit), "released")
    config = {**converted.config, "prediction": {"Full": "full", "Add": "additive"}[frame]}
    assert_golden(f"RESCAN-{unit}-{frame}", build_network(config, converted.weights, "released"))


def test_gives_it_without_squeeze_and_excitation_too():
    converted = convert_rescan(released_rescan(use_se=False), "released")
    network = build_network(converted.config, converted.weights, "released")
    assert_golden("RESCAN-GRU-Full-noSE", network)


# What measuring the released module gave.
@pytest.mark.parametrize(
    ("unit", "parameters"),
    [("GRU", 149_823), ("LSTM", 197_367), ("RNN", 54_735), ("Conv", 28_695)],
)
def test_everything_but_stages_and_prediction_is_read_off_the_weights(unit, parameters):
    released = released_rescan(unit, channel=24, depth=7)
    converted = convert_rescan({"net": released, "clock": 12, "opt": {}}, "released")
    assert converted.config == {
        "type": "RESCAN",
        "channels": 24,
        "depth": 7,
        "recurrent_unit": "ConvUnit" if unit == "Conv" else f"Conv{unit}",
        "se_channels": 6,
        "num_stages": 4,
        "prediction": "full",
    }
    assert converted.assumed == {"num_stages": 4, "prediction": "full"}
    assert converted.facts == {"iteration": 12}
    for weights in (released, converted.weights):
        assert sum(value.numel() for value in weights.values()) == parameters


def test_from_their_file_to_a_network_that_predicts_otherwise(tmp_path):
    torch.save({"net": released_rescan()}, tmp_path / "latest")
    target = tmp_path / "rescan.safetensors"
    settings = {"prediction": "additive", "num_stages": 2}
    assert not convert_checkpoint("rescan", tmp_path / "latest", target, settings).assumed
    network = load_network(target)
    with torch.no_grad():
        first, second = network(torch.rand(1, 3, 8, 8))
        network.additive = False
    assert not torch.equal(first, second)


def without(part: str) -> dict:
    return {key: value for key, value in released_rescan().items() if part not in key}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"net": []}, "not a dict of tensors"),
        (without("conv_xz"), "none of GRU, LSTM, RNN and Conv"),
        (without("rnns.1.conv_hn"), r"no 'rnns\.1\.conv_hn\.weight'"),
        (without("dec.1"), r"no 'dec\.1\.fc\.0\.weight'"),
        (without("rnns.0.se"), r"other parameters, for example 'dec\.1"),
        (released_rescan() | {"rnns.0.conv_xz.weight": torch.zeros(8, 8, 3, 3)}, "has the shape"),
    ],
)
def test_other_files_are_explained(content, reason):
    with pytest.raises(CheckpointError, match=f"^latest is not a .*RESCAN: .*{reason}"):
        convert_rescan(content, "latest")


def test_the_authors_own_file(tmp_path, real_data):
    source = real_data / "weights" / "rescan" / "RainLight_latest"
    converted = convert_checkpoint("rescan", source, tmp_path / "rescan.pth")
    assert converted.facts == {"iteration": 19_975}
    assert sum(value.numel() for value in converted.weights.values()) == 149_823
    network = load_network(tmp_path / "rescan.pth")
    grey = torch.full((1, 3, 24, 24), 0.4)
    with torch.no_grad():
        assert (network(grey)[-1] - grey).abs().mean() < 0.02

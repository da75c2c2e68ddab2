"""The released REHEN: its checkpoints in our network give its own outputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from golden import assert_golden
from released_rehen import released_rehen, with_training_state

from restorekit.checkpoints import load_network
from restorekit.checkpoints.converters import convert_checkpoint
from restorekit.checkpoints.converters.rehen import convert_rehen
from restorekit.checkpoints.network_config import build_network
from restorekit.errors import CheckpointError


def test_gives_what_the_released_code_gives():
    """The values were made by running the released code on the image in BGR."""
    converted = convert_rehen(released_rehen(), "released")
    assert_golden("REHEN", build_network(converted.config, converted.weights, "released"))


def test_gives_what_the_released_code_gives_with_the_images_own_moments():
    """``is_training=True`` there."""
    converted = convert_rehen(released_rehen(), "released")
    norm = {"type": "BatchNorm", "eps": 1e-3, "image_moments": True}
    averages = ("running_mean", "running_var", "num_batches_tracked")
    weights = {k: v for k, v in converted.weights.items() if not k.endswith(averages)}
    network = build_network({**converted.config, "norm": norm}, weights, "released")
    assert_golden("REHEN-own-moments", network)


def test_everything_is_read_off_the_weights():
    released = released_rehen(channels=24)
    converted = convert_rehen(with_training_state(released), "released")
    assert converted.config == {
        "type": "REHEN",
        "channels": 24,
        "num_blocks": 5,
        "se_channels": 6,
        "num_stages": 4,
    }
    assert converted.assumed == {"num_stages": 4}
    trained = sum(value.size for key, value in released.items() if "moving" not in key)
    network = build_network(converted.config, converted.weights, "released")
    # The number of the authors' README.
    assert trained == sum(p.numel() for p in network.parameters()) == 298_263


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"derainNet/ReHEB/ReHEB_0/REU/conv_xz/weights": None}, "no 'derainNet/ReHEB/ReHEB_0"),
        ({"derainNet/RMG/Conv_1/biases": None}, "no 'derainNet/RMG/Conv_1/biases'"),
        ({"derainNet/ReHEB/ReHEB_2/HEU/Trans/gamma": None}, "no 'derainNet.*Trans/gamma'"),
        ({"other/weights": np.zeros((3, 3, 1, 1), np.float32)}, "for example 'other/weights'"),
        (
            {"derainNet/ReHEB/ReHEB_0/REU/conv_xz/weights": np.zeros((3, 3, 6, 8), np.float32)},
            r"has the shape \[8, 6, 3, 3\]",
        ),
    ],
)
def test_other_checkpoints_are_explained(changes, reason):
    arrays = {**released_rehen(), **changes}
    arrays = {key: value for key, value in arrays.items() if value is not None}
    with pytest.raises(CheckpointError, match=f"^ReHEN is not a .*REHEN: .*{reason}"):
        convert_rehen(arrays, "ReHEN")


def test_the_authors_own_file(tmp_path, real_data):
    pytest.importorskip("tensorflow")
    source = real_data / "weights" / "rehen" / "Rain100L" / "ReHEN"
    converted = convert_checkpoint("rehen", source, tmp_path / "rehen.safetensors")
    assert converted.config["channels"] == 24
    network = load_network(tmp_path / "rehen.safetensors")
    grey = torch.full((1, 3, 24, 24), 0.4)
    with torch.no_grad():
        assert (network(grey)[-1] - grey).abs().mean() < 0.02

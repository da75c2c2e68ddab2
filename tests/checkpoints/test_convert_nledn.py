"""The released NLEDN: its checkpoints in our network give its own outputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from golden import assert_golden
from released_nledn import released_nledn, size

from restorekit.checkpoints import load_network
from restorekit.checkpoints.converters import convert_checkpoint
from restorekit.checkpoints.converters.nledn import convert_nledn
from restorekit.checkpoints.network_config import build_network
from restorekit.errors import CheckpointError
from restorekit.io.images import read_image
from restorekit.metrics.protocols import get_protocol


def test_gives_what_the_released_code_gives():
    """The values are the image less what the released network gives for it."""
    converted = convert_nledn(released_nledn(), "released")
    assert_golden("NLEDN", build_network(converted.config, converted.weights, "released"))


def test_everything_is_read_off_the_weights():
    released = released_nledn(channels=12, growth=6, num_layers=3)
    converted = convert_nledn({f"module.{k}": v for k, v in released.items()}, "released")
    sizes = {"channels": 12, "growth": 6, "num_layers": 3}
    assert converted.config == {"type": "NLEDN", **sizes, "grids": [8, 4, 2]}
    assert converted.assumed == {"grids": [8, 4, 2]}
    network = build_network(converted.config, converted.weights, "released")
    assert sum(p.numel() for p in network.parameters()) == size(released)


def test_from_their_file_to_a_network(tmp_path):
    source, target = tmp_path / "net_Rain100L.pth", tmp_path / "nledn.safetensors"
    torch.save(released_nledn(channels=4, growth=2, num_layers=1), source)
    convert_checkpoint("nledn", source, target)
    assert load_network(target)(torch.rand(1, 3, 18, 20)).shape == (1, 3, 18, 20)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"conv1.weight": None}, "no 'conv1.weight'"),
        ({"conv1.weight": torch.zeros(8, 6, 3, 3)}, r"has the shape \[8, 6, 3, 3\]"),
        ({"up_2.group_0.0.bias": None}, "no 'up_2.group_0.0.bias'"),
        ({"extra.weight": torch.zeros(1)}, "for example 'extra.weight'"),
    ],
)
def test_other_files_are_explained(changes, reason):
    state = {**released_nledn(channels=8, growth=4, num_layers=2), **changes}
    state = {key: value for key, value in state.items() if value is not None}
    with pytest.raises(CheckpointError, match=f"^net.pth is not a .*NLEDN: .*{reason}"):
        convert_nledn(state, "net.pth")


@pytest.mark.slow
def test_the_authors_own_file(tmp_path, real_data):
    """The PSNR is of what the authors' code gives, though rounded where theirs is floored."""
    source = real_data / "weights/nledn/net_Rain100L.pth"
    convert_checkpoint("nledn", source, tmp_path / "nledn.safetensors")
    network = load_network(tmp_path / "nledn.safetensors")
    measured = []
    for number in (1, 5):
        lq, gt = (
            read_image(real_data / f"rain100l_sample/{kind}-{number:03d}.png")
            for kind in ("lq/rain", "gt/norain")
        )
        rainy = torch.from_numpy(lq.transpose(2, 0, 1) / np.float32(255))[None]
        with torch.no_grad():
            derained = network(rainy)[0].permute(1, 2, 0).numpy()
        measured.append(get_protocol("pil_y_skimage").measure(derained, gt / np.float32(255)))
    assert [value["psnr"] for value in measured] == pytest.approx([36.1804, 36.8213], abs=0.002)

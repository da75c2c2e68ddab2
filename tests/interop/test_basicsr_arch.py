"""Networks of basicsr, built by our registry."""

import importlib.util
import os

import pytest
import torch

from restorekit.archs.sizing import forward_padded
from restorekit.errors import (
    CheckpointError,
    ConfigError,
    MissingDependencyError,
    UnknownNameError,
)
from restorekit.interop import import_basicsr
from restorekit.registry import MODELS

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("basicsr") is None, reason="basicsr is not installed"
)

SAME_SIZE = {
    "SRVGGNetCompact": {"num_feat": 8, "num_conv": 2, "upscale": 1},
    "EDSR": {"num_in_ch": 3, "num_out_ch": 3, "num_feat": 8, "num_block": 1, "upscale": 1},
    "RRDBNet": {"num_in_ch": 3, "num_out_ch": 3, "scale": 1, "num_feat": 8, "num_block": 1}
    | {"num_grow_ch": 4, "size_multiple": 4},
    "SwinIR": {"upscale": 1, "embed_dim": 12, "depths": [2], "num_heads": [2], "window_size": 4}
    | {"size_multiple": 4},
}


def build(name, **parameters):
    return MODELS.build({"type": "BasicSRArch", "name": name, **parameters})


@pytest.mark.parametrize(("name", "parameters"), SAME_SIZE.items(), ids=SAME_SIZE)
def test_keeps_the_size_and_reaches_every_parameter(name, parameters):
    network = build(name, **parameters)
    restored = forward_padded(network, torch.rand(2, 3, 13, 18))
    assert restored.shape == (2, 3, 13, 18)
    restored.square().mean().backward()
    without = [n for n, p in network.named_parameters() if p.grad is None]
    assert without == []


def test_is_basicsrs_own_network():
    ours = build("MSRResNet", num_feat=8, num_block=2, upscale=2).eval()
    theirs = import_basicsr("archs.srresnet_arch").MSRResNet(num_feat=8, num_block=2, upscale=2)
    theirs.load_state_dict(ours.state_dict())
    lq = torch.rand(1, 3, 12, 10)
    with torch.no_grad():
        assert torch.equal(ours(lq), theirs.eval()(lq))


def test_state_dict_round_trip(tmp_path):
    first, second = (build("SRVGGNetCompact", **SAME_SIZE["SRVGGNetCompact"]) for _ in range(2))
    torch.save(first.state_dict(), tmp_path / "weights.pth")
    second.load_state_dict(torch.load(tmp_path / "weights.pth", weights_only=True))
    lq = torch.rand(1, 3, 16, 16)
    assert torch.equal(first(lq), second(lq))


def test_sizes_are_what_the_config_says():
    network = build("RRDBNet", **SAME_SIZE["RRDBNet"], min_size=8)
    assert (network.min_size, network.size_multiple) == (8, 4)
    assert not any("size" in key for key in network.state_dict())


def test_registry_suffix_may_be_left_out():
    full = build("SRVGGNetCompact_basicsr", num_feat=4, num_conv=1)
    short = build("SRVGGNetCompact", num_feat=4, num_conv=1)
    assert type(full) is type(short)


def test_unknown_network_names_the_nearest():
    with pytest.raises(UnknownNameError, match=r"no network 'MSRResnet'.*mean 'MSRResNet'"):
        build("MSRResnet")


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("MSRResNet", {"num_blok": 2}, "'num_blok'.* Did you mean 'num_block'"),
        ("EDSR", {"num_in_ch": 3}, "missing a required argument: 'num_out_ch'"),
        ("MSRResNet", {"upscale": 1}, r"\{'upscale': 1\}.*upscale=4\)"),
    ],
)
def test_unusable_parameters_are_told_in_a_sentence(name, parameters, message):
    with pytest.raises(ConfigError, match=message):
        build(name, **parameters)


@pytest.mark.skipif(
    importlib.util.find_spec("torchvision") is not None, reason="torchvision is installed"
)
def test_network_that_needs_torchvision_says_so():
    with pytest.raises(MissingDependencyError, match=r"torchvision\.models\.vgg"):
        build("VGGFeatureExtractor", layer_name_list=["conv1_1"])


class Payload:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


def test_weights_that_a_network_reads_by_itself_run_no_code(tmp_path):
    marker = tmp_path / "executed"
    torch.save({"params": Payload(marker)}, tmp_path / "evil.pth")
    with pytest.raises(CheckpointError, match="refused"):
        build("SpyNet", load_path=str(tmp_path / "evil.pth"))
    assert not marker.exists()
    weights = build("SpyNet").state_dict()
    # SpyNet loads before it registers these.
    del weights["mean"], weights["std"]
    torch.save({"params": weights}, tmp_path / "spynet.pth")
    loaded = build("SpyNet", load_path=str(tmp_path / "spynet.pth")).state_dict()
    assert all(torch.equal(loaded[key], weights[key]) for key in weights)

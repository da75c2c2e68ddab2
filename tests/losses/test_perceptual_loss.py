"""The perceptual loss, against networks of torch's layers in torchvision's order."""

import pytest
import torch
from torch import nn

from restorekit.checkpoints.io import load_file
from restorekit.errors import CheckpointError, ConfigError
from restorekit.losses import PerceptualLoss
from restorekit.losses.vgg import VGGFeatures, layer_names
from restorekit.registry import MODELS

#: torchvision's plans: channels of convolutions, and M for pooling.
PLANS = {
    16: "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    19: "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
}


def reference(depth, until):
    """The first layers as a torch network with torchvision's keys."""
    torch.manual_seed(0)
    layers, channels = [], 3
    for entry in PLANS[depth].split():
        if entry == "M":
            layers.append(nn.MaxPool2d(2, 2))
        else:
            layers += [nn.Conv2d(channels, int(entry), 3, padding=1), nn.ReLU()]
            channels = int(entry)
    layers = layers[: until + 1]
    return nn.Sequential(*layers), {
        f"features.{key}": value for key, value in nn.Sequential(*layers).state_dict().items()
    }


@pytest.mark.parametrize(
    ("depth", "layer", "index"), [(16, "conv3_3", 14), (19, "relu3_4", 17), (19, "pool2", 9)]
)
def test_features_are_those_of_the_network(depth, layer, index):
    network, weights = reference(depth, index)
    assert layer_names(depth)[index] == layer
    images = torch.rand(1, 3, 16, 20)
    mean, std = (
        torch.tensor(x).view(3, 1, 1) for x in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    found = VGGFeatures(weights, [layer, "conv1_1"], depth)(images)
    assert set(found) == {layer, "conv1_1"}
    torch.testing.assert_close(found[layer], network((images - mean) / std))
    torch.testing.assert_close(found["conv1_1"], network[0]((images - mean) / std))


def test_loss_of_a_file_is_the_weighted_sum_and_nothing_of_it_is_trained_or_saved(tmp_path):
    network, weights = reference(19, 7)
    classifier = {"classifier.0.weight": torch.zeros(2, 2)}
    torch.save({**weights, **classifier}, tmp_path / "vgg19.pth")
    config = {
        "type": "PerceptualLoss",
        "features": {"type": "VGGFile", "path": str(tmp_path / "vgg19.pth")},
        "layers": {"relu1_1": 0.5, "conv2_2": 2.0},
        "loss_weight": 0.1,
    }
    pred, gt = torch.rand(2, 1, 3, 8, 12).unbind()
    pred.requires_grad_()
    mean, std = (
        torch.tensor(x).view(3, 1, 1) for x in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    a, b = (network[:2]((x - mean) / std) for x in (pred, gt))
    c, d = (network((x - mean) / std) for x in (pred, gt))
    for penalty, size in (("l1", torch.abs), ("mse", torch.square)):
        loss = MODELS.build({**config, "penalty": penalty})
        expected = 0.1 * (0.5 * size(a - b).mean() + 2 * size(c - d).mean())
        torch.testing.assert_close(loss(pred, gt), expected)
        assert not list(loss.parameters())
        assert not loss.state_dict()
    loss(pred, gt).backward()
    assert pred.grad.abs().sum() > 0
    moved = loss.double()
    assert moved.features.conv1_1_weight.dtype == torch.float64


def test_wrong_layers_and_weights_are_refused(tmp_path):
    _, weights = reference(19, 7)
    with pytest.raises(ConfigError, match=r"'conv1_3'.*'conv1_2'|'conv1_3'"):
        VGGFeatures(weights, ["conv1_3"])
    with pytest.raises(ConfigError, match="depth is 13"):
        VGGFeatures(weights, ["conv1_1"], 13)
    with pytest.raises(ConfigError, match="layers is empty"):
        PerceptualLoss(nn.Identity(), {})
    with pytest.raises(ConfigError, match="'l2'"):
        PerceptualLoss(nn.Identity(), {"conv1_1": 1}, "l2")
    with pytest.raises(CheckpointError, match=r"features\.10\.weight is missing"):
        VGGFeatures(weights, ["conv3_1"])
    torch.save({"features.0.weight": torch.zeros(64, 3, 1, 1)}, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match=r"other\.pth: .*shape \(64, 3, 1, 1\)"):
        MODELS.build({"type": "VGGFile", "path": tmp_path / "other.pth", "layers": ["conv1_1"]})


def test_a_training_with_it_resumes_and_its_checkpoints_hold_the_network_alone(
    small_config, train, tmp_path
):
    _, weights = reference(19, 2)
    torch.save(weights, tmp_path / "vgg19.pth")
    loss = {
        "type": "PerceptualLoss",
        "features": {"type": "VGGFile", "path": str(tmp_path / "vgg19.pth")},
        "layers": {"conv1_2": 1.0},
    }
    whole = train(small_config("whole", length=4, **{"model.loss": loss}))
    train(small_config("part", length=2, **{"model.loss": loss}))
    rest = train(small_config("part", length=4, resume=True, **{"model.loss": loss}))
    checkpoint = load_file(f"{rest.work_dir}/iter_4.pth")
    assert all(name.startswith("network.") for name in checkpoint["state_dict"])
    for one, two in zip(whole.model.parameters(), rest.model.parameters(), strict=True):
        assert torch.equal(one, two)

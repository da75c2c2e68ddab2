"""Semi-supervised training through the Runner: resumed exactly, in two processes, and tested."""

from __future__ import annotations

import pytest
import torch
from forks import run_on_two_ranks

from restorekit.archs import DDN
from restorekit.checkpoints import load_network, save_network
from restorekit.checkpoints.io import load_file
from restorekit.cli import main
from restorekit.engine.runner import Runner
from restorekit.errors import CheckpointError

NETWORK = {
    "type": "DDN",
    "channels": 4,
    "num_blocks": 1,
    "norm": {"type": "BatchNorm", "image_moments": True},
}


@pytest.fixture
def semi_supervised(small_config, tmp_path):
    """Return a function that makes the small config with photographs beside its pairs."""

    def make(work_dir, **changes):
        config = small_config(work_dir, **changes)
        config.model = {
            "type": "SemiSupervisedRestorer",
            "network": NETWORK,
            "loss": {"type": "MSELoss"},
            "unlabelled_loss": {"type": "RainMixtureLoss", "warmup_iters": 3},
        }
        config.train_dataloader.dataset.type = "SemiSupervisedDataset"
        config.train_dataloader.dataset.unlabelled = {
            "type": "UnpairedDataset",
            "data_root": str(tmp_path / "data/test/lq"),
            "pipeline": [
                {"type": "PairedRandomCrop", "patch_size": 16},
                {"type": "PackInputs"},
            ],
        }
        return config

    return make


def weights(work_dir, iteration):
    return load_file(f"{work_dir}/iter_{iteration}.pth")["state_dict"]


def test_resumed_equals_uninterrupted_the_mixture_too(semi_supervised, train):
    whole = semi_supervised("whole", length=6)
    train(whole)
    train(semi_supervised("part", length=2))
    rest = semi_supervised("part", length=6, resume=True)
    train(rest)
    one, other = weights(whole.work_dir, 6), weights(rest.work_dir, 6)
    assert one.keys() == other.keys()
    assert "unlabelled_loss.mixture.variances" in one
    assert one["unlabelled_loss.iteration"] == 6
    for name, value in one.items():
        assert torch.equal(value, other[name]), name


def test_checkpoint_gives_the_network_alone(semi_supervised, train):
    config = semi_supervised("work", length=2)
    # Averaged weights would be in their place.
    config.custom_hooks = []
    runner = train(config)
    network = load_network(f"{config.work_dir}/iter_2.pth")
    x = torch.rand(1, 3, 20, 20)
    with torch.no_grad():
        assert torch.equal(network(x), runner.model.network.eval()(x))


def test_published_network_is_tested_by_the_config_of_its_training(semi_supervised, tmp_path):
    torch.manual_seed(1)
    network = DDN(**{key: value for key, value in NETWORK.items() if key != "type"})
    save_network(network, NETWORK, tmp_path / "published.safetensors")
    config = semi_supervised("work")
    config.load_from = str(tmp_path / "published.safetensors")
    runner = Runner.from_cfg(config)
    assert runner.test()["psnr/rgb_u8"] > 0
    for name, value in network.state_dict().items():
        assert torch.equal(runner.model.network.state_dict()[name], value)
    # What a training checkpoint lacks is not made up.
    state = {f"network.{name}": value for name, value in network.state_dict().items()}
    meta = {"network": NETWORK, "iter": 1}
    torch.save({"state_dict": state, "meta": meta}, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match="missing"):
        runner.load_checkpoint(str(tmp_path / "other.pth"))


@pytest.mark.slow
def test_two_processes_train_and_hold_one_mixture(semi_supervised, tmp_path):
    config = semi_supervised("unused", length=4)
    # Process by process its own moments: without normalisation both ways give the same.
    config.model.network = {"type": "NLEDN", "channels": 4, "growth": 2, "num_layers": 1}
    config.optim_wrapper.optimizer.lr = 1e-3
    for key in ("work_dir", "experiment_name", "custom_hooks"):
        config.pop(key)
    config.dump(str(tmp_path / "config.py"))
    train = ["train", str(tmp_path / "config.py"), "--work-dir"]
    assert main([*train, str(tmp_path / "w1")]) == 0
    shared = [*train, str(tmp_path / "w2"), "--launcher", "pytorch"]
    outcomes = run_on_two_ranks(lambda: main(shared))
    assert [one.returncode for one in outcomes] == [0, 0], outcomes
    one, two = (weights(tmp_path / f"w{processes}", 4) for processes in (1, 2))
    for name in ("variances", "weights"):
        key = f"unlabelled_loss.mixture.{name}"
        torch.testing.assert_close(two[key], one[key], rtol=1e-3, atol=1e-6)
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-2, atol=1e-4)

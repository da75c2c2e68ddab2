"""The Runner's checkpoints: safe to load, exact in what they take, complete in what they hold."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config

import restorekit
from restorekit.checkpoints.io import load_file, save_file
from restorekit.engine.runner import Runner, find_last_good_checkpoint
from restorekit.errors import CheckpointError, ConfigError, RestoreKitError


def test_checkpoint_needs_no_allow_list_and_names_its_network(small_config, train):
    runner = train(small_config("work", length=2))
    checkpoint = torch.load(f"{runner.work_dir}/iter_2.pth", weights_only=True)
    assert checkpoint["meta"]["network"] == {"type": "NoisyNet"}
    assert {"state_dict", "optimizer", "param_schedulers", "ema_state_dict"} <= checkpoint.keys()


def test_load_network_reads_a_training_checkpoint(small_config, train):
    network = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_scales": 1, "num_convs": 1}
    runner = train(small_config("work", length=2, **{"model.network": network}))
    path = f"{runner.work_dir}/iter_2.pth"
    loaded = restorekit.load_network(path)
    assert not loaded.training
    saved = load_file(path)["state_dict"]
    for name, value in loaded.state_dict().items():
        assert torch.equal(value, saved[f"network.{name}"])


def test_text_of_a_config_in_a_checkpoint_is_never_run(small_config, train, tmp_path):
    """mmengine's resume would run ``meta['config']`` as Python."""
    config = small_config("work", length=2)
    train(config)
    marker, path = tmp_path / "executed", f"{config.work_dir}/iter_2.pth"
    checkpoint = load_file(path)
    attack = f"__import__('pathlib').Path({str(marker)!r}).touch()\n"
    checkpoint["meta"]["config"] = checkpoint["meta"]["cfg"] = attack
    save_file(checkpoint, path)
    train(small_config("work", length=4, resume=True))
    assert not marker.exists()
    # The attack works: this is what would run it.
    Config.fromstring(attack, file_format=".py")
    assert marker.exists()


def test_malicious_checkpoint_is_refused_by_resume_and_load(small_config, tmp_path):
    class Payload:
        def __reduce__(self):
            return open, (str(tmp_path / "executed"), "w")

    path = str(tmp_path / "evil.pth")
    torch.save({"state_dict": {}, "meta": Payload()}, path)
    for resume in (False, True):
        config = small_config("work", load_from=path, resume=resume)
        with pytest.raises(CheckpointError, match="refused"):
            Runner.from_cfg(config).train()
    assert not (tmp_path / "executed").exists()


def test_weights_of_another_network_are_refused(small_config, train):
    runner = train(small_config("work", length=2))
    other = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_scales": 1, "num_convs": 1}
    config = small_config(
        "other", load_from=f"{runner.work_dir}/iter_2.pth", **{"model.network": other}
    )
    with pytest.raises(CheckpointError, match=r"network\.\S+ missing|missing;"):
        Runner.from_cfg(config).train()


def test_a_failed_save_leaves_the_previous_checkpoint(small_config, train, monkeypatch):
    runner = train(small_config("work", length=2))
    path = f"{runner.work_dir}/iter_2.pth"
    before = Path(path).read_bytes()

    def cut_off(content, file):
        file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(torch, "save", cut_off)
    with pytest.raises(OSError, match="no space"):
        runner.save_checkpoint(runner.work_dir, "iter_2.pth", by_epoch=False)
    assert Path(path).read_bytes() == before
    assert find_last_good_checkpoint(runner.work_dir).name == "iter_2.pth"


def test_total_batch_size_must_divide(small_config, monkeypatch):
    config = small_config("work")
    monkeypatch.setattr("restorekit.engine.runner.get_world_size", lambda: 4)
    with pytest.raises(ConfigError, match="total_batch_size=2 cannot be shared by 4"):
        Runner.build_dataloader(config.train_dataloader)


def test_loss_that_is_not_finite_stops_the_training(small_config):
    config = small_config("work", **{"optim_wrapper.optimizer.lr": 1e30})
    config.optim_wrapper.clip_grad = None
    with pytest.raises(RestoreKitError, match="Training stopped at iteration"):
        Runner.from_cfg(config).train()


@pytest.mark.parametrize(
    "changes",
    [
        {"optim_wrapper.type": "BFloat16OptimWrapper"},
        {"optim_wrapper.accumulative_counts": 2},
        {
            "default_hooks.checkpoint.save_best": "psnr/rgb_u8",
            "default_hooks.checkpoint.rule": "greater",
        },
    ],
    ids=["bf16", "accumulation", "save_best"],
)
def test_options_of_training(small_config, train, changes):
    runner = train(small_config("work", **changes))
    checkpoint = load_file(f"{runner.work_dir}/iter_6.pth")
    assert all(
        v.dtype == torch.float32 for v in checkpoint["state_dict"].values() if v.is_floating_point()
    )
    if "default_hooks.checkpoint.save_best" in changes:
        assert list(Path(runner.work_dir).glob("best_psnr*.pth"))

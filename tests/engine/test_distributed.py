"""Training with two processes, as users start it and in forks of the tests' process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from forks import run_on_two_ranks

from restorekit.checkpoints.io import load_file
from restorekit.cli import main
from restorekit.engine.training_checkpoints import find_last_good_checkpoint

ROOT = Path(__file__).parents[2]


def command(script, *arguments):
    return [str(ROOT / "tools" / script), *map(str, arguments)]


@pytest.fixture
def config_file(small_config, tmp_path):
    """Write the small config, without what single-process tests add to it."""

    def write(length=4, **changes):
        tiny = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_scales": 2, "num_convs": 1}
        config = small_config("unused", length=length, **{"model.network": tiny, **changes})
        config.pop("work_dir")
        config.pop("experiment_name")
        config.dump(str(tmp_path / "config.py"))
        return tmp_path / "config.py"

    return write


def run(arguments):
    environment = {**os.environ, "PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}
    return subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)


def train_alone(config, folder, *options):
    assert main(["train", str(config), "--work-dir", str(folder), *options]) == 0


def on_two_ranks(*arguments):
    """Run a command in two forks; return what each ended with."""
    return run_on_two_ranks(lambda: main([*map(str, arguments), "--launcher", "pytorch"]))


def train_on_two_ranks(config, folder, *options):
    return on_two_ranks("train", config, "--work-dir", folder, *options)


def assert_succeeded(outcomes):
    assert [one.returncode for one in outcomes] == [0, 0], outcomes[0].stderr[-2000:]


def weights(folder):
    return load_file(find_last_good_checkpoint(folder))["state_dict"]


@pytest.mark.slow
def test_two_processes_train_what_one_does_with_patches_that_grow(config_file, tmp_path):
    stages = [
        {"iters": 2, "total_batch_size": 4, "patch_size": 12},
        {"iters": 2, "total_batch_size": 2, "patch_size": 16},
    ]
    batches = {"type": "ProgressiveBatchSampler", "stages": stages}
    changes = {"total_batch_size": None, "batch_sampler": batches}
    config = config_file(**{f"train_dataloader.{key}": value for key, value in changes.items()})
    train_alone(config, tmp_path / "w1")
    assert_succeeded(train_on_two_ranks(config, tmp_path / "w2"))
    for folder in (tmp_path / "w1", tmp_path / "w2"):
        meta = load_file(find_last_good_checkpoint(folder))["meta"]
        assert meta["position"]["samples"] == 2 * 4 + 2 * 2
    one, two = weights(tmp_path / "w1"), weights(tmp_path / "w2")
    for name in one:
        torch.testing.assert_close(two[name], one[name], rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_two_processes_train_what_one_does_and_test_the_same(config_file, tmp_path):
    config = config_file()
    train_alone(config, tmp_path / "w1")
    assert_succeeded(train_on_two_ranks(config, tmp_path / "w2"))
    one, two = weights(tmp_path / "w1"), weights(tmp_path / "w2")
    for name in one:
        # The same samples in the same order: only the order of summation differs.
        torch.testing.assert_close(two[name], one[name], rtol=1e-3, atol=1e-5)
    checkpoint = find_last_good_checkpoint(tmp_path / "w2")
    outs = [tmp_path / "results1.json", tmp_path / "results2.json"]
    options = ["--work-dir", tmp_path / "t", "--out"]
    assert main(["test", *map(str, [config, checkpoint, *options, outs[0]])]) == 0
    assert_succeeded(on_two_ranks("test", config, checkpoint, *options, outs[1]))
    results = [json.loads(out.read_text()) for out in outs]
    assert results[0]["dataset"] == results[1]["dataset"]
    assert results[0]["dataset"]["num_images"] == 3
    assert results[0]["measures"] == results[1]["measures"]


def test_mistake_of_a_user_is_one_sentence_and_status_2(config_file, tmp_path):
    config = config_file()
    done = run(command("dist_train.sh", config, 2, "--data-root", tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    sentences = [line for line in done.stderr.splitlines() if "nowhere" in line]
    assert len(sentences) == 1
    for words in (("dist_train.sh", config, "two"), ("dist_test.sh", config, "w", "two")):
        done = run(command(*words))
        assert done.returncode == 2
        assert "whole number" in done.stderr


@pytest.mark.slow
def test_another_number_of_processes_skips_nothing(config_file, tmp_path):
    """Two processes with the batch size of one take half as many steps, of twice the size."""
    hook = {"type": "CheckpointHook", "by_epoch": True, "interval": 1}
    config = config_file(
        **{
            "train_cfg": {"type": "EpochTrainLoop", "max_epochs": 4, "_delete_": True},
            "default_hooks.checkpoint": hook,
            "train_dataloader.total_batch_size": None,
            "train_dataloader.batch_size": 1,
        }
    )
    work_dir = tmp_path / "w"
    train_alone(config, work_dir, "--cfg-options", "train_cfg.max_epochs=2")
    assert_succeeded(train_on_two_ranks(config, work_dir, "--resume"))
    # Seven images: 7 steps, then 4, the last of which repeats one.
    iterations = [load_file(work_dir / f"epoch_{n}.pth")["meta"]["iter"] for n in (2, 3, 4)]
    assert iterations == [14, 18, 22]


HALF_USED = """
from torch import nn
from restorekit.registry import MODELS

@MODELS.register_module()
class HalfUsed(nn.Module):
    def __init__(self):
        super().__init__()
        self.used, self.spare = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

    def forward(self, lq):
        return self.used(lq)
"""


@pytest.mark.slow
def test_parameters_without_gradient_are_named_before_the_first_step(config_file, tmp_path):
    config = config_file(**{"model.network": {"type": "HalfUsed"}})
    plugin = tmp_path / "half_used.py"
    plugin.write_text(HALF_USED)
    options = ["--plugin", str(plugin)]
    for done in train_on_two_ranks(config, tmp_path / "w", *options):
        assert done.returncode == 2, done.stderr[-2000:]
        assert "network.spare.weight" in done.stderr
        assert "network.used" not in done.stderr
        assert "Traceback" not in done.stderr
    options += ["--cfg-options", "find_unused_parameters=True"]
    outcomes = train_on_two_ranks(config, tmp_path / "w", *options)
    assert_succeeded(outcomes)
    # mmengine finds a registry of the scope for whatever it builds.
    assert not any("Failed to search registry" in one.stdout + one.stderr for one in outcomes)

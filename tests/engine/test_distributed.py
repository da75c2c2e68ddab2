"""Training with two processes, as users start it, and what survives a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from restorekit.checkpoints.io import load_file
from restorekit.engine.training_checkpoints import find_last_good_checkpoint

ROOT = Path(__file__).parents[2]


def command(script, *arguments):
    return [str(ROOT / "tools" / script), *map(str, arguments)]


def environment():
    return {**os.environ, "PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}


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


def run(arguments, **options):
    return subprocess.run(
        arguments, env=environment(), capture_output=True, text=True, check=False, **options
    )


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
    for processes in (1, 2):
        folder = tmp_path / f"w{processes}"
        done = run(command("dist_train.sh", config, processes, "--work-dir", folder))
        assert done.returncode == 0, done.stderr[-2000:]
        meta = load_file(find_last_good_checkpoint(folder))["meta"]
        assert meta["position"]["samples"] == 2 * 4 + 2 * 2
    one, two = weights(tmp_path / "w1"), weights(tmp_path / "w2")
    for name in one:
        torch.testing.assert_close(two[name], one[name], rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_two_processes_train_what_one_does_and_test_the_same(config_file, tmp_path):
    config = config_file()
    for processes in (1, 2):
        done = run(
            command("dist_train.sh", config, processes, "--work-dir", tmp_path / f"w{processes}")
        )
        assert done.returncode == 0, done.stderr[-2000:]
    one, two = weights(tmp_path / "w1"), weights(tmp_path / "w2")
    for name in one:
        # The same samples in the same order: only the order of summation differs.
        torch.testing.assert_close(two[name], one[name], rtol=1e-3, atol=1e-5)
    checkpoint = find_last_good_checkpoint(tmp_path / "w2")
    results = []
    for processes in (1, 2):
        out = tmp_path / f"results{processes}.json"
        done = run(
            command(
                "dist_test.sh",
                config,
                checkpoint,
                processes,
                "--work-dir",
                tmp_path / "t",
                "--out",
                out,
            )
        )
        assert done.returncode == 0, done.stderr[-2000:]
        results.append(json.loads(out.read_text()))
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
    done = run(command("dist_train.sh", config, "two"))
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
    for processes, epochs in ((1, 2), (2, 4)):
        done = run(
            [
                *command("dist_train.sh", config, processes, "--work-dir", work_dir, "--resume"),
                *("--cfg-options", f"train_cfg.max_epochs={epochs}"),
            ]
        )
        assert done.returncode == 0, done.stderr[-2000:]
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
    start = command("dist_train.sh", config, 2, "--plugin", plugin, "--work-dir", tmp_path / "w")
    done = run(start)
    assert done.returncode == 2, done.stderr[-2000:]
    assert "network.spare.weight" in done.stderr
    assert "network.used" not in done.stderr
    assert "Traceback" not in done.stderr
    done = run([*start, "--cfg-options", "find_unused_parameters=True"])
    assert done.returncode == 0, done.stderr[-2000:]
    # mmengine finds a registry of the scope for whatever it builds.
    assert "Failed to search registry" not in done.stdout + done.stderr


@pytest.mark.slow
def test_killed_training_resumes_to_the_same_weights(config_file, tmp_path):
    config = config_file(length=16, **{"default_hooks.checkpoint.interval": 1})
    start = command("dist_train.sh", config, 1, "--work-dir", tmp_path / "w", "--resume")
    process = subprocess.Popen(
        start,
        env=environment(),
        start_new_session=True,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not list((tmp_path / "w").glob("iter_5.pth")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    stopped_at = load_file(find_last_good_checkpoint(tmp_path / "w"))["meta"]["iter"]
    assert 5 <= stopped_at < 16
    assert run(start).returncode == 0
    whole = command("dist_train.sh", config, 1, "--work-dir", tmp_path / "whole")
    assert run(whole).returncode == 0
    resumed, uninterrupted = weights(tmp_path / "w"), weights(tmp_path / "whole")
    assert all(torch.equal(resumed[name], uninterrupted[name]) for name in uninterrupted)

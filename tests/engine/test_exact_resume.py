"""The same seed gives the same weights, and a resumed run those of an uninterrupted one."""

from pathlib import Path

import pytest
import torch

from restorekit.checkpoints.io import load_file
from restorekit.errors import ConfigError


def assert_same(first, second, where="checkpoint"):
    """Compare nested checkpoint content bit for bit."""
    assert type(first) is type(second), where
    if isinstance(first, torch.Tensor):
        assert torch.equal(first, second), where
    elif isinstance(first, dict):
        assert first.keys() == second.keys(), where
        for key in first:
            assert_same(first[key], second[key], f"{where}.{key}")
    elif isinstance(first, (list, tuple)):
        assert len(first) == len(second), where
        for number, pair in enumerate(zip(first, second, strict=True)):
            assert_same(*pair, f"{where}[{number}]")
    else:
        assert first == second, where


def training_state(path):
    checkpoint = load_file(path)
    return {
        key: checkpoint[key]
        for key in ("state_dict", "ema_state_dict", "optimizer", "param_schedulers")
    }


@pytest.mark.parametrize(
    ("loop", "length", "stop", "last"),
    [
        ("iter", 6, 4, "iter_6.pth"),
        ("epoch", 3, 6, "iter_9.pth"),  # 3 iterations an epoch: stops at the end of one
        ("epoch", 3, 4, "iter_9.pth"),  # stops in the middle of one
    ],
)
def test_resumed_equals_uninterrupted(small_config, train, loop, length, stop, last):
    save_every = {4: 1, 6: 3}[stop] if loop == "epoch" else 2
    train(small_config("whole", loop, length, save_every=save_every))
    part = small_config("part", loop, length, save_every=save_every)
    if loop == "iter":
        part.train_cfg.max_iters = stop
        train(part)
    else:
        train(part)
        for path in (part.work_dir + f"/iter_{n}.pth" for n in range(stop + 1, 10)):
            Path(path).unlink(missing_ok=True)
    rest = small_config("part", loop, length, save_every=save_every, resume=True)
    runner = train(rest)
    assert runner.iter == int(last.split("_")[1][:-4])
    whole_dir = rest.work_dir.replace("part", "whole")
    assert_same(training_state(f"{rest.work_dir}/{last}"), training_state(f"{whole_dir}/{last}"))
    history = [Path(folder, "history.csv").read_text() for folder in (rest.work_dir, whole_dir)]
    assert history[0] == history[1]


STAGES = [
    {"iters": 2, "total_batch_size": 4, "patch_size": 8},
    {"iters": 2, "total_batch_size": 2, "patch_size": 12},
    {"iters": 2, "total_batch_size": 1, "patch_size": 16},
]


def progressive(config):
    """Let the batches of a small config shrink and its patches grow."""
    loader = config.train_dataloader
    loader.total_batch_size = None
    loader.batch_sampler = {"type": "ProgressiveBatchSampler", "stages": STAGES}
    return config


@pytest.mark.parametrize("stop", [1, 2, 3, 5])
def test_resumed_equals_uninterrupted_with_growing_patches(small_config, train, stop):
    train(progressive(small_config("whole", save_every=1)))
    part = progressive(small_config("part", save_every=1))
    part.train_cfg.max_iters = stop
    train(part)
    drawn = sum((4, 4, 2, 2, 1, 1)[:stop])
    position = load_file(f"{part.work_dir}/iter_{stop}.pth")["meta"]["position"]
    assert position["samples"] == drawn
    rest = train(progressive(small_config("part", save_every=1, resume=True)))
    whole_dir = rest.work_dir.replace("part", "whole")
    for last in range(stop + 1, 7):
        files = (Path(folder, f"iter_{last}.pth") for folder in (rest.work_dir, whole_dir))
        assert_same(*map(training_state, files))


def test_growing_patches_need_iterations_and_no_other_batch_size(small_config, train):
    with pytest.raises(ConfigError, match="use IterTrainLoop"):
        train(progressive(small_config("epochs", loop="epoch")))
    config = progressive(small_config("both"))
    config.train_dataloader.total_batch_size = 2
    with pytest.raises(ConfigError, match="total_batch_size=None"):
        train(config)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_same_seed_same_weights_whatever_num_workers(small_config, train, num_workers):
    train(small_config("reference"))
    runner = train(small_config("again", num_workers=num_workers))
    assert_same(
        training_state(f"{runner.work_dir}/iter_6.pth"),
        training_state(f"{runner.work_dir.replace('again', 'reference')}/iter_6.pth"),
    )


def test_other_seed_other_weights(small_config, train):
    first = train(small_config("one"))
    second = train(small_config("two", **{"randomness.seed": 4}))
    name = "layers.0.weight"
    assert not torch.equal(
        first.model.network.state_dict()[name], second.model.network.state_dict()[name]
    )


def test_resume_takes_the_last_good_checkpoint(small_config, train):
    config = small_config("work", length=4)
    train(config)
    broken = f"{config.work_dir}/iter_6.pth"
    with open(broken, "wb") as file:
        file.write(b"half a checkpoint")
    again = small_config("work", length=6, resume=True)
    runner = train(again)
    assert runner.iter == 6
    assert load_file(broken)["meta"]["iter"] == 6


def test_seed_of_the_checkpoint_wins_on_resume(small_config, train):
    train(small_config("work", length=2))
    runner = train(small_config("work", length=4, resume=True, **{"randomness.seed": 99}))
    assert runner.seed == 3
    assert runner.train_dataloader.sampler.seed == 3

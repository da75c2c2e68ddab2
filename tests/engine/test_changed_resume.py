"""Resuming under a config that has changed, in another folder, or after a kill."""

import logging
import shutil
from pathlib import Path

import pytest
import torch
from mmengine.hooks import Hook

from restorekit.checkpoints.io import load_file, save_file
from restorekit.engine.runner import Runner
from restorekit.errors import CheckpointError
from restorekit.evaluation.history import read_history

EVERY_EPOCH = {"type": "CheckpointHook", "by_epoch": True, "interval": 1}


class Recorder(Hook):
    """Notes where each step is and the hyper-parameters that it is taken with."""

    priority = "VERY_HIGH"

    def __init__(self):
        self.steps, self.groups, self.drawn = [], [], []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.steps.append((runner.epoch, batch_idx))
        group = runner.optim_wrapper.param_groups[0]
        self.groups.append({key: value for key, value in group.items() if key != "params"})
        self.drawn += data_batch["name"]

    @property
    def rates(self):
        return [group["lr"] for group in self.groups]


class Killed(BaseException):
    """Stands for a kill."""


class StopInValidation(Hook):
    def __init__(self, iteration):
        self.iteration = iteration

    def after_val_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter == self.iteration:
            raise Killed


def run(config, *hooks):
    """Train, and return the recorded steps and the Runner."""
    runner, recorder = Runner.from_cfg(config), Recorder()
    for hook in (recorder, *hooks):
        runner.register_hook(hook)
    runner.train()
    return recorder, runner


def without_position(path):
    """Turn a checkpoint into one of a version that recorded less."""
    checkpoint = load_file(path)
    for key in ("position", "optimizer", "validated"):
        checkpoint["meta"].pop(key, None)
    save_file(checkpoint, path)


@pytest.fixture
def messages():
    """Return the lines that the Runner logs."""
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())

    def watch(runner):
        runner.logger.addHandler(handler)
        runner.logger.setLevel("INFO")
        return lines

    return watch


@pytest.mark.parametrize("old_format", [False, True])
@pytest.mark.parametrize(("batch", "steps"), [(7, 1), (4, 1), (1, 7)])
def test_the_next_epoch_is_whole_whatever_the_batch_size(small_config, batch, steps, old_format):
    before = {"default_hooks.checkpoint": EVERY_EPOCH}
    config = small_config("work", "epoch", 2, **before)
    run(config)
    if old_format:
        without_position(f"{config.work_dir}/epoch_2.pth")
    after = {"train_dataloader.total_batch_size": batch, "resume": True}
    recorder, runner = run(small_config("work", "epoch", 4, **before, **after))
    assert recorder.steps == [(epoch, step) for epoch in (2, 3) for step in range(steps)]
    assert runner.iter == runner.max_iters == 2 * 3 + 2 * steps
    first, last = (load_file(f"{config.work_dir}/epoch_{n}.pth")["state_dict"] for n in (2, 4))
    assert not torch.equal(first["network.layers.0.weight"], last["network.layers.0.weight"])


@pytest.mark.parametrize("old_format", [False, True])
def test_fewer_images_start_the_next_epoch_whole(small_config, tmp_path, pair_folder, old_format):
    hooks = {"default_hooks.checkpoint": EVERY_EPOCH}
    config = small_config("work", "epoch", 3, **hooks)
    run(config)
    if old_format:
        without_position(f"{config.work_dir}/epoch_3.pth")
    pair_folder(tmp_path / "fewer/train", count=4, size=(40, 44))
    config = small_config("work", "epoch", 5, resume=True, **hooks)
    config.train_dataloader.dataset.data_root = str(tmp_path / "fewer")
    assert run(config)[0].steps == [(3, 0), (3, 1), (4, 0), (4, 1)]


@pytest.mark.parametrize(
    ("batch", "steps"),
    [(1, [2, 3, 4, 5, 6]), (2, [1, 2]), (3, [0]), (5, [0]), (7, [])],
)
def test_within_an_epoch_no_image_comes_twice_or_never(small_config, batch, steps):
    whole, _ = run(small_config("whole", "epoch", 1, **{"train_dataloader.total_batch_size": 1}))
    config = small_config("work", "epoch", 1, save_every=1)
    run(config)
    # One step of two images was taken.
    path = f"{config.work_dir}/iter_1.pth"
    changes = {"train_dataloader.total_batch_size": batch, "resume": True, "load_from": path}
    recorder, runner = run(small_config("work", "epoch", 1, **changes))
    assert recorder.steps == [(0, step) for step in steps]
    assert recorder.drawn == whole.drawn[2 : 2 + batch * len(steps)]
    assert runner.epoch == 1


def test_a_position_that_was_not_recorded_is_not_guessed(small_config):
    config = small_config("work", "epoch", 1, save_every=1)
    run(config)
    path = f"{config.work_dir}/iter_1.pth"
    without_position(path)
    changes = {"train_dataloader.total_batch_size": 1, "resume": True, "load_from": path}
    with pytest.raises(CheckpointError, match="1 of the 3 steps"):
        run(small_config("work", "epoch", 1, **changes))


def test_iterations_continue_with_the_next_image(small_config):
    whole, _ = run(small_config("whole", length=12, **{"train_dataloader.total_batch_size": 1}))
    run(small_config("work", length=4))
    changes = {"train_dataloader.total_batch_size": 1, "resume": True}
    recorder, _ = run(small_config("work", length=8, **changes))
    assert recorder.drawn == whole.drawn[8:12]


def test_checkpoints_of_another_folder_are_never_removed(small_config):
    best = {
        "default_hooks.checkpoint.save_best": "psnr/rgb_u8",
        "default_hooks.checkpoint.rule": "greater",
        "default_hooks.checkpoint.max_keep_ckpts": 1,
    }
    old = small_config("old", length=4, **best)
    run(old)
    shutil.copytree(old.work_dir, f"{old.work_dir}_copy")
    before = {path.name: path.read_bytes() for path in Path(old.work_dir).glob("*.pth")}
    assert any(name.startswith("best_") for name in before)
    # Every validation is better than the one before.
    changes = {**best, "default_hooks.checkpoint.rule": "less", "resume": True}
    changes["load_from"] = f"{old.work_dir}/iter_4.pth"
    for folder in ("new", "old_copy"):
        _, runner = run(small_config(folder, length=8, **changes))
        for path in runner.message_hub.runtime_info["best_ckpt"], runner.work_dir:
            assert Path(path).is_relative_to(Path(old.work_dir).parent / folder)
        (kept,) = Path(runner.work_dir).glob("best_*.pth")
        assert str(kept) == runner.message_hub.runtime_info["best_ckpt"]
    assert {p.name: p.read_bytes() for p in Path(old.work_dir).glob("*.pth")} == before


SCHEDULES = {
    "cosine": [{"type": "CosineAnnealingLR", "eta_min": 1e-5}],
    "cosine with T_max": [{"type": "CosineAnnealingLR", "T_max": 3}],
    "steps": [{"type": "MultiStepLR", "milestones": [1, 3], "gamma": 0.5}],
    "step": [{"type": "StepLR", "step_size": 2, "gamma": 0.3}],
    "linear": [{"type": "LinearLR", "start_factor": 0.2}],
    "constant": [{"type": "ConstantLR", "factor": 0.3, "end": 3}],
    "exponential": [{"type": "ExponentialLR", "gamma": 0.8}],
    "polynomial": [{"type": "PolyLR", "power": 0.9, "eta_min": 1e-5}],
    "one cycle": [{"type": "OneCycleLR", "eta_max": 0.05, "total_steps": 15, "by_epoch": False}],
    "restarts": [
        {
            "type": "CosineRestartLR",
            "periods": [2, 2, 2],
            "restart_weights": [1, 0.5, 0.2],
            "eta_min": 1e-4,
        }
    ],
    "restarts of steps": [
        {
            "type": "CosineRestartLR",
            "periods": [4] * 4,
            "restart_weights": [1] * 4,
            "eta_min": 0,
            "by_epoch": False,
        }
    ],
    "warm-up": [
        {"type": "LinearLR", "start_factor": 0.1, "by_epoch": False, "begin": 0, "end": 8},
        {"type": "CosineAnnealingLR", "by_epoch": False, "begin": 8, "T_max": 7},
    ],
    "converted": [{"type": "CosineAnnealingLR", "T_max": 5, "convert_to_iter_based": True}],
    "momentum": [
        {"type": "MultiStepLR", "milestones": [2]},
        {"type": "CosineAnnealingMomentum", "eta_min": 0.1},
    ],
    "plateau": [
        {
            "type": "ReduceOnPlateauLR",
            "monitor": "psnr/rgb_u8",
            "rule": "less",
            "patience": 0,
            "factor": 0.5,
        }
    ],
}
SGD = {"optim_wrapper.optimizer": {"type": "SGD", "lr": 1e-2, "momentum": 0.9, "_delete_": True}}


@pytest.mark.parametrize("then", SCHEDULES)
def test_the_rate_is_that_of_a_fresh_run_with_the_config(small_config, then, monkeypatch):
    # Validation takes time, and here its outcome must not depend on the rate before.
    measures = {"psnr/rgb_u8": 20.0}
    monkeypatch.setattr("mmengine.evaluator.Evaluator.evaluate", lambda self, size: measures)
    monkeypatch.setattr("mmengine.evaluator.Evaluator.process", lambda self, **_: None)
    first = {"cosine": "steps", "plateau": "plateau"}.get(then, "cosine")
    hooks = {"default_hooks.checkpoint": EVERY_EPOCH, "custom_hooks": []}
    changes = {**SGD, "param_scheduler": SCHEDULES[then], **hooks}
    fresh, _ = run(small_config("fresh", "epoch", 5, **changes))
    run(small_config("work", "epoch", 3, **{**changes, "param_scheduler": SCHEDULES[first]}))
    resumed, _ = run(small_config("work", "epoch", 5, resume=True, **changes))
    assert len(resumed.rates) == 6
    assert resumed.rates == fresh.rates[9:]
    momenta = [[group["momentum"] for group in one.groups] for one in (resumed, fresh)]
    assert momenta[0] == momenta[1][9:]


def test_hyper_parameters_are_those_of_the_config_and_said_in_one_line(small_config, messages):
    run(small_config("work", length=4))
    changes = {"optim_wrapper.optimizer.lr": 1e-3, "optim_wrapper.optimizer.weight_decay": 0.1}
    fresh, _ = run(small_config("fresh", length=6, **changes))
    runner, recorder = Runner.from_cfg(small_config("work", resume=True, **changes)), Recorder()
    runner.register_hook(recorder)
    lines = messages(runner)
    runner.train()
    assert recorder.groups == fresh.groups[4:]
    (line,) = [line for line in lines if "lr 0.01 → 0.001" in line]
    assert "weight_decay 0 → 0.1" in line
    # Adam's state is that of the checkpoint: six steps have been taken.
    state = load_file(f"{runner.work_dir}/iter_6.pth")["optimizer"]["state"]
    assert state[0]["step"] == 6


@pytest.mark.parametrize("old_format", [False, True])
@pytest.mark.parametrize("kind", ["SGD", "AdamW", "RMSprop"])
def test_another_optimiser_is_refused(small_config, kind, old_format):
    config = small_config("work", length=2)
    run(config)
    if old_format:
        without_position(f"{config.work_dir}/iter_2.pth")
    changes = {"optim_wrapper.optimizer": {"type": kind, "lr": 0.1, "_delete_": True}}
    with pytest.raises(CheckpointError, match=kind):
        run(small_config("work", length=4, resume=True, **changes))


def test_without_its_hook_an_average_gives_way_to_the_trained_weights(small_config, messages):
    plain = {"custom_hooks": []}
    run(small_config("plain", **plain))
    run(small_config("work", length=4))
    runner = Runner.from_cfg(small_config("work", resume=True, **plain))
    lines = messages(runner)
    runner.train()
    resumed, whole = (
        load_file(f"{runner.work_dir.replace('work', name)}/iter_6.pth")
        for name in ("work", "plain")
    )
    for name, value in whole["state_dict"].items():
        assert torch.equal(resumed["state_dict"][name], value), name
    assert "ema_state_dict" not in resumed
    assert any("moving average" in line for line in lines)


@pytest.mark.parametrize("loop", ["iter", "epoch"])
def test_a_finished_training_says_so_and_changes_nothing(small_config, messages, loop):
    changes = {"default_hooks.checkpoint.by_epoch": loop == "epoch"}
    config = small_config("work", loop, 2, **changes)
    run(config)
    before = {path.name: path.read_bytes() for path in Path(config.work_dir).glob("*.pth")}
    runner = Runner.from_cfg(small_config("work", loop, 2, resume=True, **changes))
    lines = messages(runner)
    recorder = Recorder()
    runner.register_hook(recorder)
    runner.train()
    assert recorder.steps == []
    assert any("nothing to do" in line for line in lines)
    assert {p.name: p.read_bytes() for p in Path(config.work_dir).glob("*.pth")} == before


@pytest.mark.parametrize("loop", ["iter", "epoch"])
def test_a_validation_that_was_killed_is_done_first(small_config, loop):
    """Rows, best checkpoint and its record are those of a run that was never stopped."""
    length, stop = (6, 4) if loop == "iter" else (3, 6)
    hook = {
        "type": "CheckpointHook",
        "by_epoch": loop == "epoch",
        "interval": 2 if loop == "iter" else 1,
        "save_best": "psnr/rgb_u8",
        "rule": "less",
    }
    changes = {"default_hooks.checkpoint": hook}
    whole = small_config("whole", loop, length, **changes)
    run(whole)
    part = small_config("part", loop, length, **changes)
    with pytest.raises(Killed):
        run(part, StopInValidation(stop))
    assert int(read_history(f"{part.work_dir}/history.csv")[-1]["iter"]) == stop
    run(small_config("part", loop, length, resume=True, **changes))
    tables = [Path(c.work_dir, "history.csv").read_text() for c in (whole, part)]
    assert tables[0] == tables[1]
    names = [sorted(p.name for p in Path(c.work_dir).glob("*.pth")) for c in (whole, part)]
    assert names[0] == names[1]
    last = [n for n in names[0] if not n.startswith("best")][-1]
    records = [load_file(f"{c.work_dir}/{last}")["message_hub"] for c in (whole, part)]
    for key in ("best_score", "best_ckpt"):
        first, second = (str(record["runtime_info"][key]) for record in records)
        assert Path(first).name == Path(second).name


def test_a_best_checkpoint_left_over_by_a_kill_goes(small_config, monkeypatch):
    """Killed when the new record was written and the old best file not yet removed."""
    best = {
        "default_hooks.checkpoint.save_best": "psnr/rgb_u8",
        "default_hooks.checkpoint.rule": "less",
    }
    scores = iter([3.0, 2.0, 1.0, 0.5])
    monkeypatch.setattr(
        "mmengine.evaluator.Evaluator.evaluate", lambda *_: {"psnr/rgb_u8": next(scores)}
    )

    def killed(self):
        if self.waiting:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("restorekit.engine.mmengine_patches._RemovesLater.remove_now", killed)
        with pytest.raises(Killed):
            run(small_config("work", **best))
    work_dir = Path(small_config("work").work_dir)
    assert len(list(work_dir.glob("best_*.pth"))) == 2
    run(small_config("work", length=4, resume=True, **best))
    assert [path.name for path in work_dir.glob("best_*.pth")] == ["best_psnr_rgb_u8_iter_4.pth"]

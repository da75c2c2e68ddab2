"""The Runner registers FiniteLossHook in every training."""

import pytest
import torch
from mmengine.hooks import Hook
from tiny_runner import build_runner

from restorekit.errors import RestoreKitError

CHECKPOINTS = {"checkpoint": {"type": "CheckpointHook", "interval": 1, "by_epoch": False}}


def breaking(how):
    loss = {"type": "BreakingLoss", "at": 4, "how": how}
    network = {"type": "TinyNetwork"}
    return {"model": {"type": "Restorer", "network": network, "loss": loss}}


@pytest.mark.parametrize("how", ["nan", "gradient"])
def test_no_checkpoint_is_written_once_training_has_diverged(tmp_path, how):
    runner = build_runner(tmp_path, default_hooks=CHECKPOINTS, **breaking(how))
    with pytest.raises(RestoreKitError) as caught:
        runner.train()
    message = str(caught.value)
    assert "iteration 4" in message
    assert ("loss is nan" if how == "nan" else "the update made weights NaN") in message
    assert str(tmp_path / "iter_3.pth") in message
    assert "learning rate (now 0.005)" in message
    assert "clip_grad" in message
    assert "float16" not in message
    assert "\n" not in message

    written = sorted(path.name for path in tmp_path.glob("*.pth"))
    assert written == ["iter_1.pth", "iter_2.pth", "iter_3.pth"]
    weights = torch.load(tmp_path / "iter_3.pth", weights_only=True)["state_dict"]
    assert all(torch.isfinite(tensor).all() for tensor in weights.values())


def test_a_loss_that_has_not_reached_the_weights_yet_is_found(tmp_path):
    accumulating = {"optimizer": {"type": "Adam", "lr": 0.01}, "accumulative_counts": 6}
    runner = build_runner(tmp_path, optim_wrapper=accumulating, **breaking("nan"))
    with pytest.raises(RestoreKitError, match="iteration 4, since loss is nan"):
        runner.train()


def test_before_the_first_checkpoint_it_says_so(tmp_path):
    runner = build_runner(tmp_path, default_hooks={}, **breaking("nan"))
    with pytest.raises(RestoreKitError, match="no checkpoint has been written yet"):
        runner.train()


def test_weights_that_break_after_the_check_are_not_written(tmp_path):
    class Breaker(Hook):
        priority = "LOW"

        def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
            if runner.iter == 2:
                runner.model.network.conv.weight.data[0] = torch.inf

    runner = build_runner(tmp_path, default_hooks=CHECKPOINTS)
    runner.register_hook(Breaker())
    with pytest.raises(RestoreKitError, match=r"since network.conv.weight holds NaN or infinity"):
        runner.train()
    assert sorted(path.name for path in tmp_path.glob("*.pth")) == ["iter_1.pth", "iter_2.pth"]


def test_a_sound_training_runs_through(tmp_path):
    build_runner(tmp_path).train()
    assert (tmp_path / "iter_6.pth").is_file()


def test_the_check_is_read_one_iteration_later_with_the_right_number(tmp_path):
    seen = []

    class Watch(Hook):
        priority = "LOW"

        def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
            seen.append(runner.iter + 1)

    rare = {"type": "IterBasedTrainLoop", "max_iters": 6, "val_interval": 100}
    runner = build_runner(tmp_path, default_hooks={}, train_cfg=rare, **breaking("nan"))
    runner.register_hook(Watch())
    with pytest.raises(RestoreKitError, match=r"iteration 4, .*now 0\.005"):
        runner.train()
    assert seen == [1, 2, 3, 4]

"""A small config, and a Runner for it."""

import itertools

import pytest
from mmengine.config import Config
from torch import nn

from restorekit.engine.runner import Runner
from restorekit.registry import MODELS

_numbers = itertools.count()


@MODELS.register_module(force=True)
class NoisyNet(nn.Module):
    """A small network with dropout, so that random state matters."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1), nn.Dropout(0.3), nn.Conv2d(6, 3, 3, padding=1)
        )

    def forward(self, lq):
        return lq - self.layers(lq)


@pytest.fixture
def small_config(tmp_path, pair_folder, monkeypatch):
    """Return a function that makes a config for a few iterations on small pairs.

    Its trainings draw no curves, which would take several times as long as the rest.
    """
    monkeypatch.setattr("restorekit.hooks.metric_history.draw_history", lambda path, rows: None)
    pair_folder(tmp_path / "data/train", count=7, size=(40, 44))
    pair_folder(tmp_path / "data/test", count=3, size=(36, 40), seed=1)

    def make(work_dir, loop="iter", length=6, num_workers=0, save_every=2, **changes):
        pipeline = [
            {"type": "PairedRandomCrop", "patch_size": 16},
            {"type": "PairedFlip"},
            {"type": "PackInputs"},
        ]
        by_epoch = loop == "epoch"
        loader = {"num_workers": num_workers, "collate_fn": {"type": "collate_samples"}}
        dataset = {"type": "PairedDataset", "data_root": str(tmp_path / "data")}
        config = {
            "default_scope": "restorekit",
            "experiment_name": f"small_{next(_numbers)}",
            "work_dir": str(tmp_path / work_dir),
            "model": {
                "type": "Restorer",
                "network": {"type": "NoisyNet"},
                "loss": {"type": "L1Loss"},
            },
            "train_dataloader": {
                **loader,
                "total_batch_size": 2,
                "drop_last": True,
                "sampler": {"type": "ReproducibleSampler"},
                "dataset": {**dataset, "split": "train", "pipeline": pipeline},
            },
            "train_cfg": {"type": "EpochTrainLoop", "max_epochs": length}
            if by_epoch
            else {"type": "IterTrainLoop", "max_iters": length, "val_interval": 2},
            "val_dataloader": {
                **loader,
                "batch_size": 1,
                "sampler": {"type": "ReproducibleSampler", "shuffle": False},
                "dataset": {**dataset, "split": "test", "pipeline": [{"type": "PackInputs"}]},
            },
            "val_cfg": {},
            "val_evaluator": {"type": "RestorationMetric", "protocols": ["rgb_u8"]},
            "optim_wrapper": {
                "type": "OptimWrapper",
                "optimizer": {"type": "Adam", "lr": 1e-2},
                "clip_grad": {"max_norm": 1.0},
            },
            "param_scheduler": [
                {"type": "CosineAnnealingLR", "by_epoch": False, "begin": 0, "T_max": 20}
            ],
            "default_hooks": {
                "logger": {"type": "LoggerHook", "interval": 1},
                "checkpoint": {
                    "type": "CheckpointHook",
                    "by_epoch": False,
                    "interval": save_every,
                },
            },
            "custom_hooks": [{"type": "EMAHook"}, {"type": "MetricHistoryHook", "interval": 1}],
            "randomness": {"seed": 3},
            "log_level": "WARNING",
        }
        config["test_dataloader"] = config["val_dataloader"]
        config["test_cfg"], config["test_evaluator"] = {}, config["val_evaluator"]
        config = Config(config, format_python_code=False)
        config.merge_from_dict(changes)
        return config

    return make


@pytest.fixture
def train():
    """Return a function that trains a config and returns the Runner."""

    def run(config):
        runner = Runner.from_cfg(config)
        runner.train()
        return runner

    return run

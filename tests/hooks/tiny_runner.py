"""A real Runner small enough for tests: one convolution, images of 12×16 pixels."""

import uuid

import torch
from mmengine.evaluator import BaseMetric
from torch import nn

from restorekit.engine import Runner
from restorekit.registry import DATASETS, METRICS, MODELS


@DATASETS.register_module(force=True)
class TinyPairs(torch.utils.data.Dataset):
    """Random pairs, the same ones each time; ``names`` are those of the images."""

    def __init__(self, names=("a", "b", "c"), paired=True):
        self.names, self.paired = list(names), paired

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        images = torch.randint(0, 256, (2, 3, 12, 16), dtype=torch.uint8, generator=generator)
        sample = {"lq": images[0], "name": self.names[index], "index": index}
        return {**sample, "gt": images[1]} if self.paired else sample


@MODELS.register_module(force=True)
class TinyNetwork(nn.Module):
    """One convolution, as a residual."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2)

    def forward(self, lq):
        return lq + self.conv(lq)


@MODELS.register_module(force=True)
class BreakingLoss(nn.Module):
    """MSE that breaks at one iteration, on one rank: as ``nan``, or by its ``gradient`` alone."""

    def __init__(self, at, how="nan", rank=0):
        super().__init__()
        self.at, self.how, self.rank, self.calls = at, how, rank, 0

    def forward(self, pred, gt):
        self.calls += 1
        loss = (pred - gt).square().mean()
        rank = torch.distributed.get_rank() if torch.distributed.is_initialized() else 0
        if self.calls != self.at or rank != self.rank:
            return loss
        # The root of 0 is 0, and its gradient 0/0.
        return loss * torch.nan if self.how == "nan" else loss + (pred.sum() * 0).sqrt()


@METRICS.register_module(force=True)
class TinyPSNR(BaseMetric):
    """PSNR over all images, under a key of the same form as those of the protocols."""

    default_prefix = "psnr"

    def process(self, data_batch, data_samples):
        self.results += [(s["pred"] - s["gt"]).square().mean().item() for s in data_samples]

    def compute_metrics(self, results):
        return {"tiny": -10 * torch.tensor(results).mean().log10().item()}


def loader(infinite=False, **dataset):
    sampler = {"type": "InfiniteSampler" if infinite else "DefaultSampler", "shuffle": False}
    return {
        "batch_size": 1,
        "num_workers": 0,
        "sampler": sampler,
        "dataset": {"type": "TinyPairs", **dataset},
        "collate_fn": {"type": "default_collate"},
    }


def build_runner(work_dir, hooks=(), max_iters=6, **changes):
    """Return a Runner that trains, validates every 2 iterations, and can test."""
    config = {
        "model": {
            "type": "Restorer",
            "network": {"type": "TinyNetwork"},
            "loss": {"type": "MSELoss"},
        },
        "work_dir": str(work_dir),
        "train_dataloader": loader(infinite=True),
        "val_dataloader": loader(),
        "test_dataloader": loader(),
        "train_cfg": {"type": "IterBasedTrainLoop", "max_iters": max_iters, "val_interval": 2},
        "val_cfg": {},
        "test_cfg": {},
        "val_evaluator": {"type": "TinyPSNR"},
        "test_evaluator": {"type": "TinyPSNR"},
        "optim_wrapper": {"optimizer": {"type": "Adam", "lr": 0.01}},
        "param_scheduler": {"type": "StepLR", "step_size": 2, "gamma": 0.5, "by_epoch": False},
        "default_hooks": {
            "checkpoint": {"type": "CheckpointHook", "interval": 2, "by_epoch": False},
            "logger": {"type": "LoggerHook", "interval": 1},
        },
        "custom_hooks": list(hooks),
        "log_processor": {"by_epoch": False},
        "default_scope": "restorekit",
        "randomness": {"seed": 0},
        # Runners of one name would share their history.
        "experiment_name": uuid.uuid4().hex,
    }
    config |= changes
    from mmengine.config import Config

    return Runner.from_cfg(Config(config))

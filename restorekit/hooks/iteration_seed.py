"""Make random numbers depend on the seed and the iteration alone."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook

from restorekit.datasets import ReproducibleSampler
from restorekit.registry import HOOKS


@HOOKS.register_module()
class IterationSeedHook(Hook):
    """Seeds PyTorch, NumPy and Python before each training iteration.

    The seed comes from the run's seed, the process's rank and the iteration. So a resumed run
    draws the same numbers (dropout, noise) as one that was never interrupted, whatever validation
    or data loading drew in between, and no state has to be saved. The order and the crops of the
    training data come from the sampler in the same way.

    Priority ``VERY_HIGH``: before other hooks.

    Example:
        >>> from types import SimpleNamespace
        >>> seeds, run = IterationSeedHook(), SimpleNamespace(seed=0, iter=7)
        >>> seeds.before_train_iter(run, 0)
        >>> first = torch.rand(3)
        >>> seeds.before_train_iter(run, 0)
        >>> torch.equal(torch.rand(3), first)
        True
    """

    priority = "VERY_HIGH"

    def before_train(self, runner: Any) -> None:
        """Give the sampler the seed of the run, which a resume may have changed."""
        # A loader with a batch sampler of its own has another order as its `sampler`.
        sampler = runner.train_dataloader.batch_sampler.sampler
        if isinstance(sampler, ReproducibleSampler):
            sampler.seed = runner.seed

    def before_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None) -> None:
        sequence = np.random.SeedSequence((runner.seed, get_rank(), runner.iter))
        seed = int(sequence.generate_state(1, np.uint64)[0])
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)
        random.seed(seed)

"""Training loops that continue exactly where a checkpoint was written.

mmengine's loops resume by decoding and dropping everything that was already seen, or at
the start of an epoch. These tell the sampler where to go on instead.
"""

from __future__ import annotations

from typing import Any

from mmengine.dist import get_world_size
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop
from mmengine.runner.loops import _InfiniteDataloaderIterator
from torch import nn
from torch.utils.data import DataLoader

from restorekit.datasets import ReproducibleSampler
from restorekit.errors import ConfigError
from restorekit.registry import LOOPS


@LOOPS.register_module()
class IterTrainLoop(IterBasedTrainLoop):
    """Counts iterations over data that never ends; a sampler of ours is told so."""

    def run(self) -> nn.Module:
        """Train up to ``max_iters`` and return the model."""
        self.runner.call_hook("before_train")
        self.runner.call_hook("before_train_epoch")
        _continue_from(self.dataloader, self._iter, infinite=True)
        # The parent made an iterator when it was built, before the position was known.
        self.dataloader_iterator = _InfiniteDataloaderIterator(self.dataloader)
        while self._iter < self._max_iters and not self.stop_training:
            self.runner.model.train()
            self.run_iter(next(self.dataloader_iterator))
            self._decide_current_val_interval()
            if self._validates_now():
                self.runner.val_loop.run()
        self.runner.call_hook("after_train_epoch")
        self.runner.call_hook("after_train")
        model: nn.Module = self.runner.model
        return model

    def _validates_now(self) -> bool:
        return bool(
            self.runner.val_loop is not None
            and self._iter >= self.val_begin
            and (self._iter % self.val_interval == 0 or self._iter == self._max_iters)
        )


@LOOPS.register_module()
class EpochTrainLoop(EpochBasedTrainLoop):
    """Counts epochs; a checkpoint from within an epoch goes on within it.

    Raises:
        ConfigError: If an epoch has no step, since there are fewer images than a batch needs.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not len(self.dataloader):
            raise ConfigError(
                f"The training set has {len(self.dataloader.dataset)} images, fewer than a batch: "
                "lower train_dataloader.total_batch_size or batch_size, or set "
                "train_dataloader.drop_last=False."
            )

    def run_epoch(self) -> None:
        """Train one epoch, or what is left of it after a resume."""
        self.runner.call_hook("before_train_epoch")
        self.runner.model.train()
        done = self._iter - self._epoch * len(self.dataloader)
        _continue_from(self.dataloader, done, infinite=False)
        for index, batch in enumerate(self.dataloader, start=done):
            self.run_iter(index, batch)
        self.runner.call_hook("after_train_epoch")
        self._epoch += 1


def _continue_from(dataloader: DataLoader[object], iterations: int, infinite: bool) -> None:
    """Move the sampler past ``iterations`` batches of every process."""
    sampler = dataloader.sampler
    if isinstance(sampler, ReproducibleSampler):
        sampler.infinite = infinite
        sampler.start_at(iterations * (dataloader.batch_size or 1) * get_world_size())
    elif iterations:
        raise ConfigError(
            f"train_dataloader.sampler is a {type(sampler).__name__}, which cannot continue in "
            "the middle: use dict(type='ReproducibleSampler') to resume exactly."
        )

"""Training loops.

mmengine's training loops resume by decoding and dropping everything that was already seen, or
at the start of an epoch. These tell the sampler where to continue.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from typing import Any

from mmengine.dist import get_world_size
from mmengine.runner import BaseLoop, EpochBasedTrainLoop, IterBasedTrainLoop
from torch import nn

from restorekit.datasets import ReproducibleSampler, progressive
from restorekit.datasets.loading.progressive import Stage
from restorekit.errors import ConfigError
from restorekit.registry import LOOPS

from .mmengine_patches import endless
from .resume import Position, ScheduleReplay


class ResumableLoop(BaseLoop):
    """What both training loops need to continue where a checkpoint was written.

    A mixin in front of one of mmengine's loops.
    """

    _iter: int
    _epoch: int
    dynamic_milestones: list[int]
    dynamic_intervals: list[int]
    val_begin: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Samples of this epoch (of the run, where iterations are counted) up to an iteration.
        self._samples, self._samples_at = 0, 0
        self._validation_is_due = False

    @property
    def batch(self) -> int:
        """Samples of one step of all processes, now."""
        return self._batch_at(self._iter)

    def _batch_at(self, iteration: int) -> int:
        stages = progressive(self.dataloader)
        if stages is not None:
            return stages.stage_at(iteration).total_batch_size
        return int((self.dataloader.batch_size or 1) * get_world_size())

    def _samples_between(self, first: int, last: int) -> int:
        """Return the samples of all processes in the iterations from ``first`` up to ``last``."""
        stages = progressive(self.dataloader)
        if stages is not None:
            return stages.samples_between(first, last)
        return (last - first) * self._batch_at(first)

    def position(self, epoch: int, iteration: int) -> Position:
        """Return the position after an iteration, where ``epoch`` epochs are done."""
        samples = self._samples + self._samples_between(self._samples_at, iteration)
        if epoch != self._epoch and isinstance(self, EpochBasedTrainLoop):
            # The epoch has ended, and its number is about to be raised.
            samples = 0
        whole_epochs = epoch if isinstance(self, EpochBasedTrainLoop) else 0
        batch = self._batch_at(iteration)
        return Position(whole_epochs, samples, batch, len(self.dataloader.dataset))

    def _stand_at(self, samples: int) -> None:
        self._samples, self._samples_at = samples, self._iter

    def _validates_after(self, number: int, last: int) -> bool:
        """Say whether there is a validation after this epoch or iteration."""
        interval = self.dynamic_intervals[bisect.bisect(self.dynamic_milestones, number + 1) - 1]
        return bool(
            self.runner.val_loop is not None
            and number >= self.val_begin
            and (number % interval == 0 or number == last)
        )

    def _validate_if_due(self) -> None:
        """Do the validation that was not finished when the checkpoint was written."""
        if self._validation_is_due:
            self._validation_is_due = False
            self.runner.logger.info("The validation that was due at this checkpoint comes first.")
            self.runner.val_loop.run()

    def _continue_from(self, samples: int, infinite: bool) -> None:
        """Let the sampler begin after ``samples`` of all processes."""
        sampler = getattr(self.dataloader.batch_sampler, "sampler", self.dataloader.sampler)
        stages = progressive(self.dataloader)
        if stages is not None:
            stages.start_at(self._iter)
        if isinstance(sampler, ReproducibleSampler):
            sampler.infinite = infinite
            sampler.start_at(samples)
        elif samples:
            raise ConfigError(
                f"train_dataloader.sampler is a {type(sampler).__name__}, which cannot continue in "
                "the middle: use dict(type='ReproducibleSampler') to resume exactly."
            )

    def _log_changed_data(self, saved: Position) -> None:
        images = len(self.dataloader.dataset)
        changes = []
        if saved.batch != self.batch:
            changes.append(f"steps of {self.batch} images instead of {saved.batch}")
        if saved.images not in (-1, images):
            changes.append(f"{images} training images instead of {saved.images}")
        if changes:
            self.runner.logger.info(
                f"Resumed with {' and '.join(changes)}: the position was converted by the number "
                "of samples."
            )


@LOOPS.register_module()
class IterTrainLoop(ResumableLoop, IterBasedTrainLoop):
    """Counts iterations over data that never ends."""

    #: The stage whose beginning was logged last.
    _stage: Stage | None = None

    def run(self) -> nn.Module:
        """Train up to ``max_iters`` and return the model."""
        self.runner.call_hook("before_train")
        self.runner.call_hook("before_train_epoch")
        self._validate_if_due()
        self._continue_from(self._samples, infinite=True)
        self.dataloader_iterator = endless(self.dataloader)
        while self._iter < self._max_iters and not self.stop_training:
            self.runner.model.train()
            self._log_stage()
            self.run_iter(next(self.dataloader_iterator))
            if self._validates_after(self._iter, self._max_iters):
                self.runner.val_loop.run()
        self.runner.call_hook("after_train_epoch")
        self.runner.call_hook("after_train")
        model: nn.Module = self.runner.model
        return model

    def _log_stage(self) -> None:
        """Say which batches and patches begin with this iteration."""
        stages = progressive(self.dataloader)
        if stages is not None and (stage := stages.stage_at(self._iter)) != self._stage:
            self._stage = stage
            self.runner.logger.info(
                f"From iteration {self._iter + 1}: batches of {stage.total_batch_size}, patches of "
                f"{stage.patch_size}×{stage.patch_size} pixels."
            )

    def take_up(self, checkpoint: Mapping[str, Any]) -> None:
        """Continue after the last iteration of a checkpoint."""
        meta = checkpoint["meta"]
        self._iter = meta["iter"]
        saved = Position.of_iterations(checkpoint, self.batch)
        self._log_changed_data(saved)
        # Every process draws equally often.
        self._stand_at(saved.samples // get_world_size() * get_world_size())
        if self._iter and not meta.get("validated"):
            self._validation_is_due = self._validates_after(self._iter, self._max_iters)
        if self._iter >= self._max_iters:
            _log_nothing_to_do(self.runner, f"{self._iter} iterations", "max_iters")

    def replay(self, replay: ScheduleReplay) -> None:
        """Bring the schedules of the config to the present iteration."""

        def validates_after(iteration: int) -> bool:
            due = self._validates_after(iteration, self._max_iters)
            return due and not (self._validation_is_due and iteration == self._iter)

        replay.iterations(self._iter, validates_after)


@LOOPS.register_module()
class EpochTrainLoop(ResumableLoop, EpochBasedTrainLoop):
    """Counts epochs; a checkpoint from within an epoch continues within it.

    Raises:
        ConfigError: If an epoch has no step, since there are fewer images than a batch needs.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if progressive(self.dataloader) is not None:
            raise ConfigError(
                "train_cfg.type='EpochTrainLoop' cannot train with a ProgressiveBatchSampler, "
                "whose stages count iterations: use IterTrainLoop."
            )
        if not len(self.dataloader):
            raise ConfigError(
                f"The training set has {len(self.dataloader.dataset)} images, fewer than a batch: "
                "lower train_dataloader.total_batch_size or batch_size, or set "
                "train_dataloader.drop_last=False."
            )

    def run(self) -> nn.Module:
        """Train up to ``max_epochs`` and return the model."""
        self.runner.call_hook("before_train")
        self._validate_if_due()
        while self._epoch < self._max_epochs and not self.stop_training:
            self.run_epoch()
            if self._validates_after(self._epoch, self._max_epochs):
                self.runner.val_loop.run()
        self.runner.call_hook("after_train")
        model: nn.Module = self.runner.model
        return model

    def run_epoch(self) -> None:
        """Train one epoch, or what is left of it after a resume."""
        self.runner.call_hook("before_train_epoch")
        self.runner.model.train()
        if self._steps_left():
            self._continue_from(self._samples, infinite=False)
            for index, batch in enumerate(self.dataloader, start=self._samples // self.batch):
                self.run_iter(index, batch)
        self.runner.call_hook("after_train_epoch")
        self._epoch += 1
        self._stand_at(0)

    def take_up(self, checkpoint: Mapping[str, Any]) -> None:
        """Continue after the last step of a checkpoint, within its epoch or with the next one.

        Raises:
            CheckpointError: If the position cannot be converted to the present batch size.
        """
        meta = checkpoint["meta"]
        saved = Position.of_epochs(checkpoint, len(self.dataloader), self.batch)
        self._log_changed_data(saved)
        self._epoch, self._iter = saved.epoch, meta["iter"]
        # Every process draws equally often.
        self._stand_at(saved.samples // get_world_size() * get_world_size())
        epochs_left = max(self._max_epochs - self._epoch, 0)
        # Steps are counted as they were done, whatever their size was.
        self._max_iters = self._iter
        if epochs_left:
            self._max_iters += self._steps_left() + (epochs_left - 1) * len(self.dataloader)
        if self._epoch and not self._samples and not meta.get("validated"):
            self._validation_is_due = self._validates_after(self._epoch, self._max_epochs)
        if not epochs_left:
            _log_nothing_to_do(self.runner, f"{self._epoch} epochs", "max_epochs")

    def replay(self, replay: ScheduleReplay) -> None:
        """Bring the schedules of the config to the present step."""

        def validates_after(epoch: int) -> bool:
            due = self._validates_after(epoch, self._max_epochs)
            return due and not (self._validation_is_due and epoch == self._epoch)

        steps = len(self.dataloader)
        replay.epochs(self._epoch, steps, validates_after)
        replay.iterations(steps - self._steps_left())

    def _steps_left(self) -> int:
        """Return the number of steps from the present sample to the end of the epoch."""
        if not self._samples:
            return len(self.dataloader)
        total = len(self.dataloader.sampler) * get_world_size()
        left = max(total - self._samples, 0)
        steps: int = left // self.batch if self.dataloader.drop_last else -(-left // self.batch)
        return steps


def _log_nothing_to_do(runner: Any, done: str, key: str) -> None:
    runner.logger.warning(
        f"There is nothing to do: the training has done its {done}. To train longer, raise "
        f"train_cfg.{key}."
    )

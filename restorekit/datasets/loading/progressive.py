"""Batches that shrink and patches that grow during a training."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch.utils.data import BatchSampler, DataLoader

from restorekit.errors import ConfigError
from restorekit.registry import DATA_SAMPLERS
from restorekit.transforms import PairedRandomCrop

from .randomness import SampleIndex
from .sampler import ReproducibleSampler
from .sharing import share_of_process


@dataclass(frozen=True)
class Stage:
    """A part of a training.

    Attributes:
        iters: Its number of iterations.
        total_batch_size: Images of one step over all processes.
        patch_size: Side of the patches in pixels.
    """

    iters: int
    total_batch_size: int
    patch_size: int


@DATA_SAMPLERS.register_module()
class ProgressiveBatchSampler(BatchSampler):
    """Batches and patches whose sizes depend on the iteration, as Restormer is trained (CVPR 2022).

    The stages follow each other; the last one lasts until the training ends. The iteration
    decides on the stage, not the number of samples drawn. A batch takes the next samples in the
    sampler's order, so each step has the same samples on any number of processes and in a resumed
    training.

    Departure from Restormer's released code: each process there loads 8 crops of 384 pixels in
    every iteration, and trains on some of them, cut to one common window. Here only the patches
    that are trained on are loaded, and each has a position of its own.

    Args:
        sampler: The order of the samples; infinite.
        stages: Their ``iters``, ``total_batch_size`` and ``patch_size``.
        batch_size: Must be None: the stages have sizes of their own.

    Raises:
        ConfigError: If there are no stages, a batch cannot be shared by the processes, or
            ``batch_size`` is given.

    Example:
        >>> from restorekit.datasets import ReproducibleSampler
        >>> stages = [
        ...     dict(iters=2, total_batch_size=4, patch_size=32),
        ...     dict(iters=1, total_batch_size=2, patch_size=64),
        ... ]
        >>> order = ReproducibleSampler(range(100), seed=0, infinite=True)
        >>> batches = ProgressiveBatchSampler(order, stages)
        >>> [(len(batch), batch[0].patch_size) for batch, _ in zip(batches, range(3))]
        [(4, 32), (4, 32), (2, 64)]
    """

    sampler: ReproducibleSampler

    def __init__(
        self,
        sampler: ReproducibleSampler,
        stages: Sequence[Mapping[str, int] | Stage],
        batch_size: int | None = None,
    ) -> None:
        if batch_size is not None:
            raise ConfigError(
                "train_dataloader has a batch size beside those of the stages of its "
                "ProgressiveBatchSampler: set total_batch_size=None."
            )
        if not stages:
            raise ConfigError("ProgressiveBatchSampler: stages is empty; give at least one.")
        self.stages = [_stage(stage, number) for number, stage in enumerate(stages)]
        self._shares = [
            share_of_process(
                stage.total_batch_size, f"batch_sampler.stages[{number}].total_batch_size"
            )
            for number, stage in enumerate(self.stages)
        ]
        #: The iteration that each stage begins with, the first one with 0.
        self.starts = [0, *itertools.accumulate(stage.iters for stage in self.stages[:-1])]
        self._first_iteration = 0
        super().__init__(sampler, max(self._shares), drop_last=False)

    def stage_at(self, iteration: int) -> Stage:
        """Return the stage of an iteration, counted from 0."""
        return self.stages[self._number_at(iteration)]

    def samples_between(self, first: int, last: int) -> int:
        """Return the samples of all processes in the iterations from ``first`` up to ``last``.

        Iteration ``last`` itself does not count.
        """
        ends = [*self.starts[1:], max(last, self.starts[-1])]
        return sum(
            max(min(end, last) - max(start, first), 0) * stage.total_batch_size
            for start, end, stage in zip(self.starts, ends, self.stages, strict=True)
        )

    def start_at(self, iteration: int) -> None:
        """Let the next pass begin with this iteration."""
        self._first_iteration = iteration

    def __iter__(self) -> Iterator[list[SampleIndex]]:  # type: ignore[override]
        samples = iter(self.sampler)
        for iteration in itertools.count(self._first_iteration):
            number = self._number_at(iteration)
            batch = list(itertools.islice(samples, self._shares[number]))
            if len(batch) < self._shares[number]:
                return
            yield [sample.with_patch(self.stages[number].patch_size) for sample in batch]

    def __len__(self) -> int:
        """Return the batches of one pass over the samples if all were as large as the largest."""
        return len(self.sampler) // self.batch_size

    def _number_at(self, iteration: int) -> int:
        return bisect.bisect_right(self.starts, iteration) - 1


def progressive(loader: DataLoader[Any]) -> ProgressiveBatchSampler | None:
    """Return the batch sampler of a loader if it is a progressive one.

    Example:
        >>> progressive(DataLoader(range(4))) is None
        True
    """
    batches = loader.batch_sampler
    return batches if isinstance(batches, ProgressiveBatchSampler) else None


def require_patches(loader: DataLoader[Any]) -> None:
    """Refuse a loader with growing patches whose pipelines do not cut them.

    Raises:
        ConfigError: If a pipeline has no crop, or its ``patch_size`` is not that of the largest.

    Example:
        >>> require_patches(DataLoader(range(4)))  # its patches do not grow
    """
    batches = progressive(loader)
    if batches is None:
        return
    largest = max(stage.patch_size for stage in batches.stages)
    for pipeline in _pipelines(loader.dataset):
        crops = [step for step in pipeline if isinstance(step, PairedRandomCrop)]
        if not crops:
            raise ConfigError(
                "ProgressiveBatchSampler sets the patch size of PairedRandomCrop, which a pipeline "
                f"lacks: begin it with dict(type='PairedRandomCrop', patch_size={largest})."
            )
        if crops[0].patch_size != largest:
            raise ConfigError(
                f"PairedRandomCrop has patch_size={crops[0].patch_size}, and the largest patch of "
                f"the stages is {largest}: set it to that, so that all images are checked for it."
            )


def _stage(stage: Mapping[str, int] | Stage, number: int) -> Stage:
    if isinstance(stage, Stage):
        return stage
    expected = {"iters", "total_batch_size", "patch_size"}
    if set(stage) != expected:
        raise ConfigError(
            f"batch_sampler.stages[{number}] has {', '.join(sorted(stage)) or 'nothing'}, and "
            "must have iters, total_batch_size and patch_size."
        )
    return Stage(**stage)


def _pipelines(dataset: Any) -> Iterator[Sequence[Any]]:
    """Yield the pipelines of a dataset, those inside mixtures and wrappers too."""
    inner = [*getattr(dataset, "datasets", ()), *filter(None, [getattr(dataset, "dataset", None)])]
    if not inner:
        yield getattr(dataset, "pipeline", ())
    for one in inner:
        yield from _pipelines(one)

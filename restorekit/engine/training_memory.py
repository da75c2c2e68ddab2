"""How much memory a training step takes, and which patches and batches fit."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from restorekit.archs.sizing import size_requirements_of
from restorekit.fast import plain
from restorekit.inference.memory import LiveTensors
from restorekit.models import Restorer, checkpoint_activations

#: What an allocator and scratch memory take beside the tensors, when asked what fits.
_MARGIN = 1.15
#: Side of the patch on which a model is measured whose operations need values.
_SMALL = 32
_LARGEST_BATCH = 4096
_LARGEST_PATCH = 2048
_PATCH_STEP = 8


@dataclass(frozen=True)
class Step:
    """The size of a training step.

    Attributes:
        patch: Side of its square patches.
        batch: Number of patches, of all processes together.
    """

    patch: int
    batch: int


def steps_of(config: Mapping[str, Any]) -> list[Step]:
    """Return the steps that a config trains with: several where patches grow.

    It is empty where the config does not train on square patches of a stated size.
    """
    loader = config.get("train_dataloader") or {}
    stages = (loader.get("batch_sampler") or {}).get("stages")
    if stages:
        return [Step(stage["patch_size"], stage["total_batch_size"]) for stage in stages]
    patches = [
        step["patch_size"] for step in _pipeline(loader.get("dataset")) if step.get("patch_size")
    ]
    if not patches or not isinstance(patches[-1], int):
        return []
    batch = loader.get("total_batch_size") or loader.get("batch_size") or 1
    return [Step(patches[-1], batch)]


def _pipeline(dataset: Any) -> list[Mapping[str, Any]]:
    """Return the transforms of a dataset, or of the first one inside it that has some."""
    if not isinstance(dataset, Mapping):
        return []
    found = [*dataset.get("before_rain", []), *dataset.get("before", [])]
    found += dataset.get("pipeline", [])
    inner = [dataset.get("dataset"), *dataset.get("datasets", [])]
    return found if _has_patch(found) else next(filter(_has_patch, map(_pipeline, inner)), found)


def _has_patch(pipeline: list[Mapping[str, Any]]) -> bool:
    return any(step.get("patch_size") for step in pipeline)


class TrainingMemory:
    """Counts the tensors that exist at a time in training steps, without data where possible.

    The forward and backward passes run on PyTorch's meta device, which computes shapes only; a
    model whose operations need values runs on small patches instead, in proportion. Weights, the
    optimiser's state and gradients are included; float32 throughout.

    Args:
        model: The restorer with its loss; it is not changed.
        states: Numbers that the optimiser keeps for each parameter: 2 with Adam.
        checkpointed: Blocks whose activations are computed again; see
            :func:`restorekit.models.checkpoint_activations`.
    """

    def __init__(self, model: Restorer, states: int = 2, checkpointed: Any = None) -> None:
        self._model = copy.deepcopy(model).train()
        self._outline: Restorer | None = copy.deepcopy(self._model).to("meta")
        if checkpointed:
            for one in (self._model, self._outline):
                checkpoint_activations(one, checkpointed)
        weights = sum(p.numel() * p.element_size() for p in model.parameters())
        self._static = weights * (1 + states)
        self.size_requirements = size_requirements_of(plain(model.network))
        self._known: dict[int, tuple[int, int]] = {}

    def bytes(self, step: Step) -> int:
        """Return the memory of a step in one process.

        Peaks are counted for one and for two patches; each further patch takes what the second
        one does.
        """
        one, two = self._peaks(self.fit(step.patch))
        needed: int = self._static + one + (step.batch - 1) * (two - one)
        return needed

    def fit(self, patch: int) -> int:
        """Return the side of the next patch that the network takes without padding."""
        return self.size_requirements.fit(patch, patch)[0]

    def largest_batch(self, patch: int, available: int) -> int:
        """Return how many patches of a side fit into so many bytes; 0 if not even one does."""
        return _largest(lambda n: self._fits(Step(patch, n), available), 1, _LARGEST_BATCH)

    def largest_patch(self, batch: int, available: int) -> int:
        """Return the side of the largest patches that fit, so many at a time; 0 if none do.

        Multiples of eight are tried, of those that the network takes without padding.
        """
        step = math.lcm(self.size_requirements.multiple, _PATCH_STEP)
        limit = min(self.size_requirements.maximum or _LARGEST_PATCH, _LARGEST_PATCH) // step
        smallest = min(-(-self.fit(1) // step), limit)
        count = min(max(2 * step, _PATCH_STEP**2) // step, limit)
        # Memory grows with a power of the pixels near one, so a few counts lead to the side.
        for _ in range(4):
            needed = self.bytes(Step(count * step, batch)) * _MARGIN - self._static
            grown = count * math.sqrt(max(available - self._static, 1) / needed)
            guess = min(max(int(grown), smallest), limit)
            if guess == count:
                break
            count = guess
        while count >= smallest and not self._fits(Step(count * step, batch), available):
            count -= 1
        return max(count, 0) * step if count >= smallest else 0

    def _fits(self, step: Step, available: int) -> bool:
        return self.bytes(step) * _MARGIN <= available

    def _peaks(self, patch: int) -> tuple[int, int]:
        """Return the peaks of steps with one and two patches, without what is always there."""
        if patch not in self._known:
            first, second = (self._peak(n, patch) for n in (1, 2))
            self._known[patch] = first, max(second, first)
        return self._known[patch]

    def _peak(self, batch: int, patch: int) -> int:
        if self._outline is not None:
            try:
                return _peak_of_step(self._outline, batch, patch, "meta")
            except (RuntimeError, TypeError, AttributeError):
                # An operation that needs values.
                self._outline = None
                self._known.clear()
        small = min(self.fit(_SMALL), patch)
        peak = _peak_of_step(self._model, batch, small, "cpu")
        return peak * patch**2 // small**2


def optimizer_states(config: Mapping[str, Any]) -> int:
    """Return how many numbers a config's optimiser keeps for each parameter."""
    optimizer = (config.get("optim_wrapper") or {}).get("optimizer") or {}
    if optimizer.get("type") == "SGD":
        return 1 if optimizer.get("momentum") else 0
    return 2


def _peak_of_step(model: nn.Module, batch: int, patch: int, device: str) -> int:
    images = {"lq": torch.full((batch, 3, patch, patch), 0.5, device=device)}
    images["gt"] = torch.clone(images["lq"])
    if "unlabelled" in inspect.signature(model.forward).parameters:
        images["unlabelled"] = torch.clone(images["lq"])
    with LiveTensors() as live:
        losses = model(**images, mode="loss")
        total: torch.Tensor = sum(value for name, value in losses.items() if "loss" in name)
        total.backward()  # type: ignore[no-untyped-call]
        del losses, total
    model.zero_grad(set_to_none=True)
    peak: int = live.peak
    return peak + 2 * images["lq"].nbytes


def _largest(fits: Callable[[int], bool], smallest: int, largest: int) -> int:
    """Return the largest number that fits, given that all smaller ones do; 0 if none does."""
    if not fits(smallest):
        return 0
    while smallest < largest:
        middle = (smallest + largest + 1) // 2
        smallest, largest = (middle, largest) if fits(middle) else (smallest, middle - 1)
    return smallest

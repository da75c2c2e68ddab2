"""What every loss, measure, transform and block must do."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import nn

from .outcome import Check, require

Loss: TypeAlias = nn.Module
Measure: TypeAlias = Callable[..., float]
Transform: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]

#: Height and width of the pictures: measures of several scales need large ones.
_SIZE = (192, 208)


def scalar_loss(loss: Loss) -> None:
    """A loss returns a finite scalar, or a dict of them."""
    pred, gt = _batch(0), _batch(1)
    for name, value in _losses(loss, pred, gt).items():
        require(value.ndim == 0, f"{name} has the shape {tuple(value.shape)} and is no scalar")
        require(value.isfinite(), f"{name} is {value.item()}")


def loss_gradient(loss: Loss) -> None:
    """A loss has a gradient for the prediction, and a finite one where that is perfect."""
    for name, pred in (("an image", _batch(0)), ("a perfect image", _batch(1))):
        pred = pred.requires_grad_()
        torch.stack(list(_losses(loss, pred, _batch(1)).values())).sum().backward()  # type: ignore[no-untyped-call]
        gradient = pred.grad if pred.grad is not None else torch.zeros_like(pred)
        require(gradient.isfinite().all(), f"its gradient for {name} is not finite")
        require(name != "an image" or gradient.any(), "no gradient reaches the prediction")


def loss_is_least_for_the_truth(loss: Loss) -> None:
    """A loss is smaller for the ground truth than for another image."""
    gt = _batch(1)
    with torch.no_grad():
        perfect, other = (sum(_losses(loss, p, gt).values()) for p in (gt, _batch(0)))
    require(perfect < other, f"it is {perfect:.4g} for the ground truth and {other:.4g} otherwise")


LOSS_CHECKS: Mapping[str, Check[Loss]] = MappingProxyType(
    {
        "returns finite scalars": scalar_loss,
        "has a gradient": loss_gradient,
        "is least for the ground truth": loss_is_least_for_the_truth,
    }
)


def measure_is_a_number(measure: Measure) -> None:
    """A measure returns a number, the same every time, and changes no image."""
    pred, gt = _picture(0), _picture(1)
    before = pred.copy(), gt.copy()
    once, twice = float(measure(pred, gt)), float(measure(pred, gt))
    require(np.isfinite(once), f"it returns {once}")
    require(once == twice, f"it returns {once}, then {twice}")
    same = np.array_equal(pred, before[0]) and np.array_equal(gt, before[1])
    require(same, "it writes to an image")


def measure_prefers_less_noise(measure: Measure) -> None:
    """A measure that compares with the ground truth prefers little noise to much."""
    if not getattr(measure, "needs_gt", True):
        return
    gt = _picture(1)
    noise = np.random.default_rng(2).normal(0, 1, gt.shape)
    little, much = (
        float(measure(np.clip(gt + sigma * noise, 0, 255).astype(np.uint8), gt))
        for sigma in (5, 40)
    )
    higher = getattr(measure, "higher_is_better", True)
    require(
        little > much if higher else little < much,
        f"it is {little:.4g} for little noise and {much:.4g} for much, and higher_is_better is "
        f"{higher}",
    )


MEASURE_CHECKS: Mapping[str, Check[Measure]] = MappingProxyType(
    {
        "returns a number": measure_is_a_number,
        "prefers less noise": measure_prefers_less_noise,
    }
)


def transform_keeps_the_sample(transform: Transform) -> None:
    """A transform returns the sample and does not write to the images it is given."""
    sample = _sample(0)
    for key in ("lq", "gt"):
        sample[key].setflags(write=False)
    results = transform(sample)
    require(isinstance(results, dict), f"it returns a {type(results).__name__}, not the sample")


def transform_draws_from_the_sample(transform: Transform) -> None:
    """A transform draws its randomness from ``results["rng"]`` and nothing else."""
    before = np.random.get_state(legacy=False)
    once, twice = (transform(_sample(3)) for _ in range(2))
    after = np.random.get_state(legacy=False)
    require(str(before) == str(after), 'it draws from numpy.random; draw from results["rng"]')
    for key in ("lq", "gt", "inputs"):
        if key in once:
            same = np.array_equal(np.asarray(once[key]), np.asarray(twice[key]))
            require(same, f"the same random numbers give another {key}")


TRANSFORM_CHECKS: Mapping[str, Check[Transform]] = MappingProxyType(
    {
        "returns the sample": transform_keeps_the_sample,
        "is reproducible": transform_draws_from_the_sample,
    }
)


def block_can_be_copied(block: nn.Module) -> None:
    """A block has parameters, which can be copied, saved and loaded."""
    copied = copy.deepcopy(block)
    copied.load_state_dict(block.state_dict(), strict=True)
    require(list(block.parameters()), "it has no parameters")


BLOCK_CHECKS: Mapping[str, Check[nn.Module]] = MappingProxyType(
    {"can be copied, saved and loaded": block_can_be_copied}
)


def _losses(loss: Loss, pred: torch.Tensor, gt: torch.Tensor) -> dict[str, torch.Tensor]:
    value = loss(pred, gt)
    return value if isinstance(value, dict) else {"it": value}


def _batch(seed: int) -> torch.Tensor:
    return torch.rand(2, 3, 48, 48, generator=torch.Generator().manual_seed(seed))


def _picture(seed: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a picture of smooth areas and fine grain."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((_SIZE[0] // 16, _SIZE[1] // 16, 3)).repeat(16, 0).repeat(16, 1)
    grain = rng.normal(0, 6, (*_SIZE, 3))
    return np.clip(40 + 170 * coarse + grain, 0, 255).astype(np.uint8)


def _sample(seed: int) -> dict[str, Any]:
    images = {"lq": _picture(0), "gt": _picture(1)}
    return {**images, "name": "x", "index": 0, "rng": np.random.default_rng(seed)}

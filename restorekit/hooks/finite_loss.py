"""Stop a training that has diverged, before a diverged value reaches the disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.optim import AmpOptimWrapper
from torch.nn.utils import get_total_norm

from restorekit.errors import RestoreKitError
from restorekit.registry import HOOKS


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Ends the training when a loss or a weight is NaN or infinite.

    All processes check together after every iteration, so that all of them stop and none waits
    for another. The outcome is read one iteration later, when the device has it: the check waits
    for nothing. It is read at once before a validation, a row of the history, a checkpoint and the
    end, so that diverged values stay in memory. A checkpoint with a weight that is not finite is
    refused as well. Weights are checked because a finite loss can have an infinite gradient.
    Gradients are not checked: under float16 the loss scaler meets infinite ones by design and
    skips that step.

    Priority ``HIGH``: before averaging, logging and writing checkpoints.

    Example:
        >>> HOOKS.build(dict(type="FiniteLossHook")).priority  # every training has it
        'HIGH'
    """

    priority = "HIGH"

    def __init__(self) -> None:
        self._pending: _Check | None = None

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Start the check of this iteration, and read that of the one before.

        Raises:
            RestoreKitError: In every process, if one of them has a value that is not finite.
        """
        check = _start_check(runner, outputs or {})
        self.finish_check(runner)
        self._pending = check

    def finish_check(self, runner: Any) -> None:
        """Read the outcome of the last check; hooks call it before they write to the disk.

        Raises:
            RestoreKitError: In every process, if one of them has a value that is not finite.
        """
        check, self._pending = self._pending, None
        if check is None:
            return
        if check.copied is not None:
            check.copied.synchronize()
        if check.failed.item():
            raise RestoreKitError(
                f"Training stopped at iteration {check.iteration}, since "
                f"{_what_failed(check.losses, check.weights)}: {_last_checkpoint(check.last)}; "
                f"{_remedies(runner, check.rates)}."
            )

    def before_val_epoch(self, runner: Any) -> None:
        self.finish_check(runner)

    def after_train(self, runner: Any) -> None:
        self.finish_check(runner)

    def before_save_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Refuse to write weights that are not finite.

        Raises:
            RestoreKitError: If a tensor of the model holds NaN or infinity.
        """
        for name, tensor in checkpoint["state_dict"].items():
            if tensor.is_floating_point() and not torch.isfinite(tensor).all():
                raise RestoreKitError(
                    f"No checkpoint was written, since {name} holds NaN or infinity: "
                    f"{_last_checkpoint(_last(runner))}; {_remedies(runner, _rates(runner))}."
                )


@dataclass(frozen=True)
class _Check:
    """A check whose outcome may still be on its way from the device.

    Attributes:
        iteration: Number of the iteration, from 1.
        losses: Its losses.
        weights: Norm of the weights after it.
        rates: Learning rates of it.
        last: Path of the last checkpoint before it.
        failed: On the CPU: 1 if something is not finite in one of the processes.
        copied: Event after which ``failed`` has its value; None on a CPU.
    """

    iteration: int
    losses: Mapping[str, torch.Tensor]
    weights: torch.Tensor
    rates: str
    last: str | None
    failed: torch.Tensor
    copied: torch.cuda.Event | None


def _start_check(runner: Any, outputs: Mapping[str, Any]) -> _Check:
    weights = get_total_norm(list(runner.model.parameters()))
    losses = {name: torch.as_tensor(value).detach() for name, value in outputs.items()}
    values = [loss.float().mean().to(weights.device) for loss in losses.values()]
    failed = (~torch.isfinite(torch.stack([*values, weights]))).any().float()
    all_reduce(failed, op="max")
    copied = None
    if failed.is_cuda:
        failed = torch.empty((), pin_memory=True).copy_(failed, non_blocking=True)
        copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
        copied.record()
    return _Check(runner.iter + 1, losses, weights, _rates(runner), _last(runner), failed, copied)


def _rates(runner: Any) -> str:
    rates = sorted({rate for rates in runner.optim_wrapper.get_lr().values() for rate in rates})
    return ", ".join(f"{rate:g}" for rate in rates)


def _what_failed(losses: Mapping[str, torch.Tensor], weights: torch.Tensor) -> str:
    bad = [
        f"{name} is {loss.float().mean().item()}"
        for name, loss in losses.items()
        if not torch.isfinite(loss).all()
    ]
    if bad:
        return " and ".join(bad)
    if not torch.isfinite(weights):
        return "the update made weights NaN or infinite, though the loss was finite"
    return "the loss of another process is not finite"


def _last(runner: Any) -> str | None:
    path: str | None = runner.message_hub.runtime_info.get("last_ckpt")
    return path


def _last_checkpoint(path: str | None) -> str:
    if path is not None and Path(path).exists():
        return f"the last good checkpoint is {path}"
    return "no checkpoint has been written yet"


def _remedies(runner: Any, rates: str) -> str:
    optim_wrapper = runner.optim_wrapper
    remedies = [f"lower the learning rate (now {rates})"]
    if not getattr(optim_wrapper, "clip_grad_kwargs", None):
        remedies.append("clip gradients (optim_wrapper.clip_grad=dict(max_norm=1.0))")
    if isinstance(optim_wrapper, AmpOptimWrapper):
        remedies.append("train in bfloat16 or float32 instead of float16 (--amp bf16, or none)")
    return "try to " + ", or ".join(remedies)

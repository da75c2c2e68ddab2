"""Stopping a training that has diverged, before anything of it reaches the disk."""

from __future__ import annotations

from collections.abc import Mapping
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
    """Ends the training as soon as a loss or a weight is NaN or infinite.

    All processes check together after every iteration, so that all of them stop and none waits
    for another. The weights have been updated by then, but only in memory: no checkpoint is
    written after the check has failed, and a checkpoint with a weight that is not finite is
    refused. Weights are checked because a finite loss can have an infinite gradient. Gradients
    are not: under float16 the loss scaler meets infinite ones by design and skips that step.

    The check reads the weights once and waits for the device, as mmengine's logging of the loss
    does in each iteration anyway.

    Priority ``HIGH``: before averaging, logging and writing checkpoints.
    """

    priority = "HIGH"

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Check the losses of this iteration and the weights after it.

        Raises:
            RestoreKitError: In every process, if one of them has a value that is not finite.
        """
        weights = get_total_norm(list(runner.model.parameters()))
        losses = {name: torch.as_tensor(value) for name, value in (outputs or {}).items()}
        values = [loss.detach().float().mean().to(weights.device) for loss in losses.values()]
        failed = (~torch.isfinite(torch.stack([*values, weights]))).any().float()
        all_reduce(failed, op="max")
        if failed.item():
            raise RestoreKitError(
                f"Training stopped at iteration {runner.iter + 1}, since "
                f"{_what_failed(losses, weights)}: {_last_checkpoint(runner)}; "
                f"{_remedies(runner)}."
            )

    def before_save_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Refuse to write weights that are not finite.

        Raises:
            RestoreKitError: If a tensor of the model holds NaN or infinity.
        """
        for name, tensor in checkpoint["state_dict"].items():
            if tensor.is_floating_point() and not torch.isfinite(tensor).all():
                raise RestoreKitError(
                    f"No checkpoint was written, since {name} holds NaN or infinity: "
                    f"{_last_checkpoint(runner)}; {_remedies(runner)}."
                )


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


def _last_checkpoint(runner: Any) -> str:
    path = runner.message_hub.runtime_info.get("last_ckpt")
    if path is not None and Path(path).exists():
        return f"the last good checkpoint is {path}"
    return "no checkpoint has been written yet"


def _remedies(runner: Any) -> str:
    optim_wrapper = runner.optim_wrapper
    rates = sorted({rate for rates in optim_wrapper.get_lr().values() for rate in rates})
    remedies = [f"lower the learning rate (now {', '.join(f'{rate:g}' for rate in rates)})"]
    if not getattr(optim_wrapper, "clip_grad_kwargs", None):
        remedies.append("clip gradients (optim_wrapper.clip_grad=dict(max_norm=1.0))")
    if isinstance(optim_wrapper, AmpOptimWrapper):
        remedies.append("train in bfloat16 or float32 instead of float16 (--amp bf16, or none)")
    return "try to " + ", or ".join(remedies)

"""Find parameters that get no gradient before several processes wait for it."""

from __future__ import annotations

import copy
from typing import Any

import torch
from mmengine.dist import all_gather_object
from mmengine.hooks import Hook
from torch.nn.parallel import DistributedDataParallel

from restorekit.errors import ConfigError
from restorekit.registry import HOOKS

_NAMED = 3


@HOOKS.register_module()
class GradientCheckHook(Hook):
    """Refuses a model with parameters that take no part in the loss, before the first step.

    Processes that train together exchange the gradient of every parameter. Where one is missing,
    PyTorch fails at the second step and reports numbers in place of names. This check runs the
    first batch through a copy of the model, in every process, and names the parameters. It is
    left out for a single process, with ``find_unused_parameters=True``, and with
    ``torch.compile``.

    Priority ``VERY_HIGH``, before the seed of the iteration is set.

    Example:
        >>> HOOKS.build(dict(type="GradientCheckHook")).priority  # every training has it
        'VERY_HIGH'
    """

    priority = "VERY_HIGH"

    def __init__(self) -> None:
        self._checked = False

    def before_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None) -> None:
        """Check the first batch.

        Raises:
            ConfigError: In every process, if a parameter gets no gradient in one of them.
        """
        if self._checked:
            return
        self._checked = True
        wrapped = runner.model
        if not isinstance(wrapped, DistributedDataParallel) or wrapped.find_unused_parameters:
            return
        if runner.cfg.model.get("compile"):
            return
        model = copy.deepcopy(wrapped.module)
        found = all_gather_object(_without_gradient(model, data_batch, runner))
        names = sorted({name for part in found for name in part})
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            raise ConfigError(
                f"{len(names)} parameters get no gradient, which several processes cannot train "
                f"together: {', '.join(names[:_NAMED])}{more}. Remove them, let the loss use them, "
                "freeze them (requires_grad=False), or set find_unused_parameters=True in the "
                "config."
            )


def _without_gradient(model: Any, batch: Any, runner: Any) -> list[str]:
    """Return the names of the parameters that the loss does not depend on."""
    named = {name: one for name, one in model.named_parameters() if one.requires_grad}
    with runner.optim_wrapper.optim_context(model):
        losses = model(**model.data_preprocessor(batch, True), mode="loss")
        loss, _ = model.parse_losses(losses)
    gradients = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
    return [name for name, one in zip(named, gradients, strict=True) if one is None]

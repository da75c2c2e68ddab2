"""Activation checkpointing: less memory for a second forward pass of some blocks."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from restorekit.errors import ConfigError, did_you_mean
from restorekit.fast import FastForm


def checkpoint_activations(model: nn.Module, blocks: str | Sequence[str]) -> list[str]:
    """Make blocks of a model keep only their input, and run again in the backward pass.

    Gradients, random numbers and running statistics stay the same. Do not name blocks inside
    other named blocks: both would run again, one within the other.

    Args:
        model: Changed in place.
        blocks: Names of modules within the model, such as ``network.encoder``, or names of
            classes, such as ``RestormerBlock``, for all modules of the class.

    Returns:
        The names of the modules that are now checkpointed.

    Raises:
        ConfigError: If a name matches nothing.
    """
    modules = {name: module for name, module in model.named_modules() if name}
    chosen: dict[str, nn.Module] = {}
    for wanted in [blocks] if isinstance(blocks, str) else blocks:
        matching = {
            name: module
            for name, module in modules.items()
            if wanted in (name, _class_name(module))
        }
        if not matching:
            known = [*modules, *{_class_name(module) for module in modules.values()}]
            raise ConfigError(
                f"activation_checkpointing names {wanted!r}, which is neither a module of the "
                f"model nor the class of one.{did_you_mean(wanted, known)}"
            )
        chosen |= matching
    for module in chosen.values():
        _checkpoint(module)
    return list(chosen)


def _class_name(module: nn.Module) -> str:
    plain = module.replaced if isinstance(module, FastForm) else type(module)
    return plain.__name__


def _checkpoint(module: nn.Module) -> None:
    forward = module.forward

    @functools.wraps(forward)
    def checkpointed(*inputs: Any, **named: Any) -> Any:
        if not torch.is_grad_enabled():
            return forward(*inputs, **named)
        return checkpoint(
            forward,
            *inputs,
            use_reentrant=False,
            context_fn=lambda: (contextlib.nullcontext(), _statistics_kept(module)),
            **named,
        )

    # `__call__` prefers an attribute of the instance to the method of its class.
    module.forward = checkpointed


@contextlib.contextmanager
def _statistics_kept(module: nn.Module) -> Iterator[None]:
    """Keep the running statistics of batch norms, which the first pass has updated."""
    norms = [m for m in module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    before = [(norm.momentum, norm.num_batches_tracked) for norm in norms]
    counts = [None if count is None else count.clone() for _, count in before]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, (momentum, count), value in zip(norms, before, counts, strict=True):
            norm.momentum = momentum
            if count is not None and value is not None:
                count.copy_(value)

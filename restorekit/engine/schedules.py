"""Learning-rate schedules of a run that is resumed, perhaps for longer than planned.

mmengine saves with a schedule how far it is *and* what it is. A run that was planned for k
iterations and goes on to N would keep the end of the shorter one: its learning rate would
stand still from there on, one step behind already.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any


def keep_config_of(schedulers: Any, checkpoint: dict[str, Any]) -> None:
    """Drop from a checkpoint what schedules are, so that this is taken from the config.

    Args:
        schedulers: The Runner's schedulers: a list, or a dict of lists by optimiser.
        checkpoint: A training checkpoint, changed in place; how far its schedules are stays.
    """
    saved = checkpoint.get("param_schedulers") or []
    pairs = (
        [(saved[name], schedulers[name]) for name in saved]
        if isinstance(saved, dict)
        else [(saved, schedulers or [])]
    )
    for states, built in pairs:
        for state, scheduler in zip(states, built, strict=False):
            arguments = set(inspect.signature(type(scheduler).__init__).parameters)
            # LinearLR computes its length from begin and end.
            described = (arguments | {"begin", "end", "total_iters"}) - {"last_step"}
            for name in described & state.keys():
                del state[name]


def catch_up(schedulers: Sequence[Any]) -> None:
    """Take the steps that a shorter schedule left out at its end."""
    for scheduler in schedulers:
        if getattr(scheduler, "need_val_args", False):
            continue
        due = min(scheduler._global_step, scheduler.end - 1) - scheduler.begin
        missed = due - scheduler.last_step
        if missed > 0:
            scheduler._global_step -= missed
            for _ in range(missed):
                scheduler.step()

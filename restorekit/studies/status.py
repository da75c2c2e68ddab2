"""How far the runs of a study are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .claims import holder
from .configs import length
from .places import Job
from .run import Planned

State = Literal["done", "running", "failed", "changed", "to test", "interrupted", "missing"]


@dataclass(frozen=True)
class Status:
    """How far a run with a seed is.

    Attributes:
        state: ``done``: all results are there; ``running``: a process works on it; ``failed``;
            ``changed``: its config is not the one that it was started with; ``to test``: it is
            trained; ``interrupted``: there is a checkpoint; ``missing``.
        done: Iterations or epochs of the newest checkpoint.
        total: Iterations or epochs of the whole training.
        unit: ``iter`` or ``epoch``.
        detail: Who works on it, why it failed, or how its config differs.
    """

    state: State
    done: int
    total: int
    unit: str
    detail: str = ""

    def __str__(self) -> str:
        unit = {"iter": "iteration"}.get(self.unit, self.unit)
        position = f"at {unit} {self.done:,} of {self.total:,}"
        if self.state == "failed":
            return f"failed {position}: {self.detail}"
        if self.state == "running":
            return f"running ({self.detail}), {position}"
        if self.state == "changed":
            return f"started with another config: {self.detail}"
        return position if self.state == "interrupted" else self.state


def status_of(one: Planned) -> Status:
    """Return how far a run with a seed is; nothing is changed."""
    job = one.job
    unit, total = length(one.config)
    newest = newest_checkpoint(job, unit)
    done = newest[0] if newest else 0
    who = holder(job.lock)
    if who is not None:
        return Status("running", done, total, unit, who)
    if one.changed:
        return Status("changed", done, total, unit, one.changed)
    if one.is_done:
        return Status("done", total, total, unit)
    if job.failure.is_file():
        reason = job.failure.read_text(encoding="utf-8").strip()
        return Status("failed", done, total, unit, reason)
    state: State = "missing" if newest is None else "interrupted"
    return Status("to test" if done == total else state, done, total, unit)


def newest_checkpoint(job: Job, unit: str) -> tuple[int, Path] | None:
    """Return how far the newest checkpoint of a run is, and its file."""
    found = [
        (int(number[1]), path)
        for path in job.work_dir.glob(f"{unit}_*.pth")
        if (number := re.fullmatch(rf"{unit}_(\d+)", path.stem))
    ]
    return max(found, default=None)

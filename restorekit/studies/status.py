"""How far the runs of a study are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mmengine.config import Config

from restorekit.errors import DataError
from restorekit.evaluation.results import Results, read_results
from restorekit.io.files import sha256

from .claims import holder
from .configs import length
from .places import Job
from .testing import Test

State = Literal["done", "running", "failed", "to test", "interrupted", "missing"]


@dataclass(frozen=True)
class Status:
    """How far a run with a seed is.

    Attributes:
        state: ``done``: all results are there; ``running``: a process works on it; ``failed``;
            ``to test``: it is trained; ``interrupted``: there is a checkpoint; ``missing``.
        done: Iterations or epochs of the newest checkpoint.
        total: Iterations or epochs of the whole training.
        unit: ``iter`` or ``epoch``.
        detail: Who works on it, or why it failed.
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
        return position if self.state == "interrupted" else self.state


def status_of(job: Job, config: Config, tests: Iterable[Test]) -> Status:
    """Return how far a run with a seed is; nothing is changed.

    Args:
        job: The run and the seed.
        config: Its complete config.
        tests: Its tests.
    """
    unit, total = length(config)
    newest = newest_checkpoint(job, unit)
    done = newest[0] if newest else 0
    who = holder(job.lock)
    if who is not None:
        return Status("running", done, total, unit, who)
    if all(is_tested(job, test, final_checkpoint(job, config)) for test in tests) and (
        job.config.is_file()
    ):
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


def final_checkpoint(job: Job, config: Config) -> Path:
    """Return the checkpoint that the end of the training writes, which is what is tested."""
    unit, total = length(config)
    return job.work_dir / f"{unit}_{total}.pth"


def is_tested(job: Job, test: Test, checkpoint: Path) -> bool:
    """Return whether the results of a test are there, of this config, seed and checkpoint."""
    return results_of(job, test, checkpoint) is not None


def results_of(job: Job, test: Test, checkpoint: Path) -> Results | None:
    """Return the results of a test if they are of this config, seed and checkpoint.

    A checkpoint that was removed after the test is not missed.
    """
    file = job.results(test.test_set)
    if not file.is_file() or not job.config.is_file():
        return None
    try:
        results = read_results(file)
    except DataError:
        return None
    without = {one.measure for one in results.measures.values() if one.protocol is None}
    measured = all(
        key in results.measures or ("/" not in key and key.partition(":")[0] in without)
        for key in test.keys
    )
    if not measured or results.seed != job.seed or results.checkpoint is None:
        return None
    if results.config is None or results.config.sha256 != sha256(job.config):
        return None
    if test.images and not any(job.restored(test.test_set).glob("**/*.png")):
        return None
    if Path(results.checkpoint.path).name != checkpoint.name:
        return None
    # One that is older than its results was not replaced since.
    replaced = checkpoint.is_file() and checkpoint.stat().st_mtime > file.stat().st_mtime
    if replaced and sha256(checkpoint) != results.checkpoint.sha256:
        return None
    return results

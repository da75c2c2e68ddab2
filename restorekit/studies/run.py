"""Train and test what a study still needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mmengine.config import Config

from restorekit.errors import ConfigError
from restorekit.io.files import write_text
from restorekit.io.terminal import clock

from .claims import claim
from .configs import difference, length, run_config, with_seed, write_config
from .places import ROOT, Job, jobs_of
from .processes import command_of_test, command_of_training, run_logged
from .records import Study
from .results import results_of
from .testing import Test, needed_tests


@dataclass(frozen=True)
class Planned:
    """A run with a seed, ready to be trained and tested.

    Attributes:
        job: The run and the seed.
        config: Its complete config.
        tests: Its tests.
        changed: How the config differs from that with which the run was started; may be empty.
    """

    job: Job
    config: Config
    tests: Sequence[Test]
    changed: str = ""

    @property
    def checkpoint(self) -> Path:
        """The checkpoint that is tested: the last one of the training."""
        unit, total = length(self.config)
        return self.job.work_dir / f"{unit}_{total}.pth"

    @property
    def left(self) -> list[Test]:
        """The tests without results."""
        return [one for one in self.tests if results_of(self.job, one, self.checkpoint) is None]

    @property
    def is_done(self) -> bool:
        """Whether it is trained and all results are there."""
        return self.job.config.is_file() and not self.left


@dataclass
class Outcome:
    """What a call of :func:`run_study` did.

    Attributes:
        done: Runs that it trained or tested.
        found: Runs that were done before.
        elsewhere: Runs that another process works on.
        failed: Runs that failed, and why.
    """

    done: list[Job] = field(default_factory=list)
    found: list[Job] = field(default_factory=list)
    elsewhere: list[Job] = field(default_factory=list)
    failed: list[tuple[Job, str]] = field(default_factory=list)


def plan(
    study: Study,
    root: Path = ROOT,
    *,
    parts: Collection[str] | None = None,
    runs: Collection[str] | None = None,
    seeds: Sequence[int] | None = None,
) -> list[Planned]:
    """Return what a study trains and tests, in the order in which it is done.

    Args:
        study: The study at its scale.
        root: The folder of all studies.
        parts: Ids of the tables and figures to make; by default all.
        runs: Names of runs; by default all that the parts need.
        seeds: Seeds; see :func:`jobs_of`.

    Raises:
        ConfigError: If a config cannot be used.
    """
    needed = {
        run
        for id_, part in study.parts.items()
        if parts is None or id_ in parts
        for run in part.runs
    }
    chosen = [name for name in study.runs if name in needed and (runs is None or name in runs)]
    configs = {name: run_config(study, study.runs[name]) for name in chosen}
    tests = {name: needed_tests(study, name, parts) for name in chosen}
    planned = []
    for job in jobs_of(study, root, runs=chosen, seeds=seeds):
        config = with_seed(configs[job.run.name], job.seed)
        planned.append(Planned(job, config, tests[job.run.name], difference(job, config)))
    return planned


def require_unchanged(planned: Iterable[Planned]) -> None:
    """Refuse to continue runs whose config was another when they were started.

    Raises:
        ConfigError: If there is one; the message names what differs.
    """
    for one in planned:
        if one.changed:
            raise ConfigError(
                f"{one.job} was started with another config: {one.changed}. Undo the change, move "
                f"{one.job.base} away to train it again, or choose another --work-dir."
            )


def run_study(
    planned: Sequence[Planned], *, processes: int = 1, report: Callable[[str], None]
) -> Outcome:
    """Train and test what is missing; several calls at the same time share the work.

    A run that fails does not keep the others from running.

    Args:
        planned: The runs, see :func:`plan`.
        processes: Number of processes that train together.
        report: Called with a line for everything that is begun or done.

    Raises:
        ConfigError: If the config of a run was another when it was started.
        KeyboardInterrupt: At an interrupt; the next call continues.
    """
    require_unchanged(planned)
    outcome = Outcome()
    began = time.time()
    for number, one in enumerate(planned, 1):
        job, name = one.job, f"[{number}/{len(planned)}] {one.job}"
        with claim(job.lock) as lock:
            if lock is None:
                outcome.elsewhere.append(job)
                continue
            if job.failure.is_file() and job.failure.stat().st_mtime > began:
                # It has failed in another process since.
                outcome.failed.append((job, job.failure.read_text(encoding="utf-8").strip()))
                continue
            if one.is_done:
                outcome.found.append(job)
                continue
            problem = _run(one, processes, lock, partial(_named, report, name))
            if problem is None:
                outcome.done.append(job)
            else:
                write_text(job.failure, f"{problem}\n")
                outcome.failed.append((job, problem))
                report(f"{name}: failed: {problem}")
    return outcome


def _named(report: Callable[[str], None], name: str, text: str) -> None:
    report(f"{name}: {text}")


def _run(one: Planned, processes: int, lock: int, report: Callable[[str], None]) -> str | None:
    """Train and test a run; return why that failed, if it did."""
    job = one.job
    job.failure.unlink(missing_ok=True)
    if not job.config.is_file():
        write_config(one.config, job.config)
    if not one.checkpoint.is_file():
        report(f"training ({job.log})")
        started = time.monotonic()
        problem = run_logged(command_of_training(job, processes), job.log, lock)
        if problem is None and not one.checkpoint.is_file():
            problem = f"the training ended without {one.checkpoint}"
        if problem is not None:
            return problem
        report(f"trained in {clock(time.monotonic() - started)}")
    catalog = one.config.test_dataloader.get("dataset", {}).get("catalog")
    for test in one.left:
        command = command_of_test(job, test, one.checkpoint, catalog, processes)
        problem = run_logged(command, job.log, lock)
        results = results_of(job, test, one.checkpoint)
        if problem is None and results is None:
            problem = f"{job.results(test.test_set)} has not what is needed after the test"
        if problem is not None:
            return problem
        assert results is not None  # noqa: S101
        means = ", ".join(f"{key} {value.mean:.4g}" for key, value in results.measures.items())
        report(f"tested on {results.dataset.num_images} images of {results.dataset.name}: {means}")
    return None

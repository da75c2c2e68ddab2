"""Where a study keeps what its runs write.

``<root>/<study>/<scale>/<run>/seed_0.py`` is the config of a run with a seed, complete and ready
to train; beside it are its work folder ``seed_0/`` and the log of its processes ``seed_0.log``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .records import Run, Study

#: Where studies are kept unless another folder is given.
ROOT = Path("work_dirs/studies")


@dataclass(frozen=True)
class Job:
    """A run with one of its seeds.

    Attributes:
        run: The run.
        seed: The seed.
        base: Folder of the run.
    """

    run: Run
    seed: int
    base: Path

    def __str__(self) -> str:
        return f"{self.run.name}, seed {self.seed}"

    @property
    def work_dir(self) -> Path:
        """The folder of logs and checkpoints."""
        return self.base / f"seed_{self.seed}"

    @property
    def config(self) -> Path:
        """The complete config."""
        return self.base / f"seed_{self.seed}.py"

    @property
    def log(self) -> Path:
        """What its processes print."""
        return self.base / f"seed_{self.seed}.log"

    @property
    def lock(self) -> Path:
        """The lock of the process that works on it."""
        return self.base / f".seed_{self.seed}.lock"

    @property
    def failure(self) -> Path:
        """The reason why it failed; the file is there until it is tried again."""
        return self.base / f"seed_{self.seed}.failed"

    def results(self, test_set: str) -> Path:
        """Return the results file of a test set, which a table names (:meth:`Table.test_set`)."""
        return self.work_dir / "tests" / test_set / "results.json"

    def restored(self, test_set: str) -> Path:
        """Return the folder of the restored images of a test set."""
        return self.work_dir / "tests" / test_set / "images"


def jobs_of(
    study: Study,
    root: Path = ROOT,
    *,
    runs: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
) -> list[Job]:
    """Return what a study trains, the first seed of all runs before the second.

    Args:
        study: The study at its scale.
        root: The folder of all studies.
        runs: Names of runs; by default all.
        seeds: Seeds; by default those of the runs, and others that were begun.
    """
    base = root / study.name / study.scale
    chosen = [run for name, run in study.runs.items() if runs is None or name in runs]
    wanted = {run.name: seeds or _seeds(run, base / run.name) for run in chosen}
    rounds = max(map(len, wanted.values()), default=0)
    return [
        Job(run, wanted[run.name][index], base / run.name)
        for index in range(rounds)
        for run in chosen
        if index < len(wanted[run.name])
    ]


def _seeds(run: Run, base: Path) -> Sequence[int]:
    names = (re.fullmatch(r"seed_(\d+)", path.stem) for path in base.glob("seed_*.py"))
    begun = sorted(int(name[1]) for name in names if name)
    return list(dict.fromkeys([*run.seeds, *begun]))

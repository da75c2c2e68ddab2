"""A study as a job array for Slurm."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from .find import study_files
from .records import FULL, Study
from .run import Planned


def slurm_script(
    study: Study,
    planned: Sequence[Planned],
    processes: int,
    work_dir: str | None = None,
    plugins: Sequence[str] = (),
) -> str:
    """Return a script for ``sbatch`` with a task for each run and seed that is not done.

    Args:
        study: The study at its scale.
        planned: Its runs.
        processes: Processes, and GPUs, of a task.
        work_dir: The folder of all studies, if it is not the usual one.
        plugins: Files of ``--plugin``.
    """
    left = [one.job for one in planned if not one.is_done]
    name = f"{study.name}-{study.scale}"
    if not left:
        return f"# All {len(planned)} runs of {name} are done.\n"
    options = ["--nproc", str(processes)]
    options += ["--scale", study.scale] if study.scale != FULL else []
    options += ["--work-dir", work_dir] if work_dir else []
    for plugin in plugins:
        options += ["--plugin", plugin]
    shipped = study.name if _is_shipped(study) else study.file
    runs = "\n".join(f"    {job.run.name}" for job in left)
    seeds = " ".join(str(job.seed) for job in left)
    return f"""#!/usr/bin/env bash
# {len(left)} of {len(planned)} runs of {study.title}; a task that is interrupted continues
# when the array is submitted again. Add what your cluster asks for: partition, time, account.
#SBATCH --job-name={name}
#SBATCH --array=0-{len(left) - 1}
#SBATCH --ntasks=1
#SBATCH --gres=gpu:{processes}
#SBATCH --output={name}-%a.out
runs=(
{runs}
)
seeds=({seeds})
exec restorekit study run {shlex.join([shipped, *options])} \\
    --run "${{runs[SLURM_ARRAY_TASK_ID]}}" --seeds "${{seeds[SLURM_ARRAY_TASK_ID]}}"
"""


def _is_shipped(study: Study) -> bool:
    known = study_files().get(study.name)
    return known is not None and str(known) == study.file

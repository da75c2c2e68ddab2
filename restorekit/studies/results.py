"""The results of a run's tests, as far as they are of its config, seed and checkpoint."""

from __future__ import annotations

from pathlib import Path

from restorekit.errors import DataError
from restorekit.evaluation.results import Results, read_results
from restorekit.io.files import sha256

from .places import Job
from .testing import Test


def is_of(results: Results, job: Job) -> bool:
    """Return whether results are of a run's seed, and of its config as it was started."""
    config = results.config
    return (
        results.seed == job.seed
        and config is not None
        and job.config.is_file()
        and config.sha256 == sha256(job.config)
    )


def results_of(job: Job, test: Test, checkpoint: Path) -> Results | None:
    """Return the results of a test if they are of this config, seed and checkpoint.

    A checkpoint that was removed after the test is not missed.
    """
    file = job.results(test.test_set)
    if not file.is_file():
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
    if not measured or results.checkpoint is None or not is_of(results, job):
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

"""The processes that train and test, started as the command line starts them."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from restorekit.errors import one_line

from .places import Job
from .testing import Test, is_own

#: Seconds that an interrupted process has for its end.
_GRACE = 60


def command_of_training(job: Job, processes: int = 1) -> list[str]:
    """Return the command that trains a run, from its last checkpoint if there is one."""
    arguments = [str(job.config), "--work-dir", str(job.work_dir), "--resume"]
    return _command("train", arguments, processes)


def command_of_test(
    job: Job, test: Test, checkpoint: Path, catalog: str | None, processes: int = 1
) -> list[str]:
    """Return the command that runs a test.

    Args:
        job: The run and the seed.
        test: The test.
        checkpoint: The checkpoint.
        catalog: Id of the config's own test set, if the catalog knows it.
        processes: Number of processes.
    """
    out = job.results(test.test_set)
    arguments = [str(job.config), str(checkpoint), "--work-dir", str(out.parent)]
    arguments += ["--out", str(out)]
    for option, values in (("--protocol", test.protocols), ("--metric", test.measures)):
        for value in values:
            arguments += [option, value]
    if not is_own(test.test_set, catalog):
        arguments += ["--test-set", test.test_set]
    if test.images:
        arguments += ["--save-dir", str(job.restored(test.test_set))]
    return _command("test", arguments, processes)


def _command(name: str, arguments: Sequence[str], processes: int) -> list[str]:
    if processes == 1:
        return [sys.executable, "-m", "restorekit.cli", name, *arguments]
    return [
        *(sys.executable, "-m", "restorekit.engine.launch", "--standalone"),
        *("--nproc-per-node", str(processes), "-m", "restorekit.cli", name, *arguments),
        *("--launcher", "pytorch"),
    ]


def run_logged(command: Sequence[str], log: Path, lock: int) -> str | None:
    """Run a command whose output is appended to a log; return why it failed, if it did.

    It runs in a session of its own: an interrupt of this process is passed on once.

    Args:
        command: The command.
        log: The log.
        lock: Descriptor of the run's lock, which the process shares.

    Raises:
        KeyboardInterrupt: After the process has ended because of it.
    """
    with log.open("ab") as file:
        file.write(f"$ {' '.join(command)}\n".encode())
        file.flush()
        start = file.tell()
        process = subprocess.Popen(  # noqa: S603  restorekit's own commands
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[] if sys.platform == "win32" else [lock],
        )
        try:
            status = process.wait()
        except BaseException:
            _end(process)
            raise
    if status == 0:
        return None
    with log.open("rb") as file:
        file.seek(start)
        lines = file.read().decode(errors="replace").splitlines()
    said = [line.strip() for line in lines if line.strip()]
    ended = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    return one_line(said[-1][:400]) if said and status > 0 else f"it ended by {ended}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a process; end it where it does not answer, or at a second interrupt."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_GRACE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()

"""Work in forks of this process.

A fork has imported what this process has; a new interpreter needs seconds to import it again.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import sys
import tempfile
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, NamedTuple

from restorekit.doctor.processes import rank_environments

_CONTEXT = multiprocessing.get_context("fork")


class Finished(NamedTuple):
    """The exit status of a fork, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


class Fork:
    """A process that does ``work`` and exits with the status that it returns.

    Attributes:
        process: The process.
    """

    def __init__(
        self,
        work: Callable[[], int | None],
        cwd: str | Path = ".",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        # Otherwise every fork that trains would import it.
        importlib.import_module("torch._dynamo")
        self._streams = [_temporary_file(), _temporary_file()]
        self.process = _CONTEXT.Process(target=self._be, args=(work, cwd, environment or {}))
        # The fork must not free what other threads of this process still use: a video's decoder.
        gc.freeze()
        self.process.start()
        gc.unfreeze()

    def _be(
        self, work: Callable[[], int | None], cwd: str | Path, environment: Mapping[str, str]
    ) -> None:
        for number, stream in enumerate(self._streams, start=1):
            os.dup2(stream.fileno(), number)
        sys.stdout, sys.stderr = (os.fdopen(number, "w") for number in (1, 2))
        os.chdir(cwd)
        os.environ.update(environment)
        sys.exit(work())

    def wait(self, timeout: float = 120) -> Finished:
        """Wait until it ends; kill it if that takes longer than ``timeout`` seconds."""
        self.process.join(timeout)
        self.process.kill()
        self.process.join()
        printed = []
        for stream in self._streams:
            stream.seek(0)
            printed.append(stream.read())
            stream.close()
        return Finished(self.process.exitcode, *printed)


def _temporary_file() -> IO[str]:
    return tempfile.TemporaryFile("w+", errors="replace")


def run_code(code: str) -> Finished:
    """Run code in a fork."""
    return Fork(lambda: exec(textwrap.dedent(code), {"__name__": "__main__"})).wait()


def run_on_two_ranks(work: Callable[[], int | None], timeout: float = 240) -> list[Finished]:
    """Do work in forks that are rank 0 and 1 of 2."""
    ranks = [Fork(work, ".", environment) for environment in rank_environments()]
    return [rank.wait(timeout) for rank in ranks]

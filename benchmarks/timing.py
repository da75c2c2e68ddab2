"""Time contenders against each other, and measure the memory of each."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from benchmarks.memory import (
    cuda_in_use,
    device_peak,
    resident,
    resident_peak,
    restart_peaks,
)
from restorekit.errors import RestoreKitError
from restorekit.io.terminal import progress

#: Called once in the contender's process, without being timed; returns the work of a round.
Setup = Callable[[], Callable[[], object]]


@dataclass(frozen=True)
class Round:
    """One round of a contender.

    Attributes:
        seconds: How long it took.
        memory: Peak growth of the process since the end of its setup, in bytes.
        device_memory: Peak of PyTorch's memory on the GPU in bytes, including weights and
            inputs; None without a GPU.
        processor: Seconds of the processor, of all threads.
    """

    seconds: float
    memory: int
    device_memory: int | None = None
    processor: float = 0.0


def race(
    contenders: Mapping[str, Setup],
    rounds: int,
    threads: int | None = None,
    description: str = "measuring",
) -> dict[str, tuple[Round, ...]]:
    """Time contenders in turns, each in its own process.

    Each contender keeps its process, so that none benefits from memory that another has
    allocated. They take turns after every round, so that other load on the machine slows all
    of them.

    Args:
        contenders: Name to setup: a module function, or a partial of one.
        rounds: Number of timed rounds; one round before them is not timed.
        threads: Number of threads that OpenMP, OpenCV and PyTorch may use; None for their own
            choice.
        description: Text of the progress bar.

    Raises:
        RestoreKitError: If a contender raises it, or if a process ends early.
    """
    found: dict[str, list[Round]] = {name: [] for name in contenders}
    with ExitStack() as stack:
        processes = {
            name: stack.enter_context(_Process(name, setup, threads))
            for name, setup in contenders.items()
        }
        turns = [(number, name) for number in range(rounds + 1) for name in contenders]
        for number, name in progress(turns, description):
            measured = processes[name].round()
            if number > 0:
                found[name].append(measured)
    return {name: tuple(measured) for name, measured in found.items()}


class _Process:
    """The process of one contender, which runs a round on request."""

    def __init__(self, name: str, setup: Setup, threads: int | None) -> None:
        self._name = name
        # Not "fork", which is unsafe once libraries have started threads.
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, setup, threads))
        self._process.start()
        other.close()
        self._answer()

    def round(self) -> Round:
        """Run a round, and return its time and memory."""
        self._connection.send("round")
        answer: Round = self._answer()
        return answer

    def _answer(self) -> Any:
        try:
            answer = self._connection.recv()
        except EOFError:
            self._process.join()
            raise RestoreKitError(
                f"The process of {self._name!r} ended early, with status {self._process.exitcode}: "
                "a negative status is a signal, and -9 usually means too little memory."
            ) from None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def __enter__(self) -> _Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()
        self._process.join()


def _serve(connection: Connection, setup: Setup, threads: int | None) -> None:
    """Run a contender's process, until the other end of the connection is closed."""
    if threads is not None:
        _limit_threads(threads)
    try:
        work = setup()
        before = resident()
        connection.send("ready")
        while True:
            connection.recv()
            connection.send(_round(work, before))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return
    except RestoreKitError as error:
        connection.send(error)


def _round(work: Callable[[], object], before: int) -> Round:
    restart_peaks()
    start, processor = time.perf_counter(), time.process_time()
    work()
    cuda = cuda_in_use()
    if cuda is not None:
        cuda.synchronize()
    seconds = time.perf_counter() - start
    processor = time.process_time() - processor
    return Round(seconds, max(0, resident_peak() - before), device_peak(), processor)


def _limit_threads(number: int) -> None:
    import cv2

    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(number)
    cv2.setNumThreads(number)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(number)

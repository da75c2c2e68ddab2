"""Threads, and the cores there are for them."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_order(
    function: Callable[[T], R], items: Iterable[T], workers: int | None = None
) -> Iterator[R]:
    """Yield ``function`` of each item from a pool of threads, a few items ahead.

    Decoding and hashing release the interpreter's lock, so threads are enough for them.

    Args:
        function: Called with one item at a time.
        items: The items; they are taken while earlier ones are still in work.
        workers: Number of threads; by default one for each usable core.
    """
    workers = workers or usable_cores()
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


#: Seconds after which a waiting thread looks whether it is still wanted.
_PATIENCE = 0.1


def ahead(items: Iterable[T], count: int) -> Generator[T, None, None]:
    """Yield ``items``, made by a thread that is up to ``count`` of them ahead.

    Errors of the thread are raised here. When the generator is closed, the thread ends after
    the item that it is making.

    Args:
        items: An iterable; a generator is closed at the end.
        count: Number of items that may wait.
    """
    waiting: queue.Queue[tuple[bool, object]] = queue.Queue(count)
    unwanted = threading.Event()

    def put(entry: tuple[bool, object]) -> bool:
        while not unwanted.is_set():
            try:
                waiting.put(entry, timeout=_PATIENCE)
            except queue.Full:
                continue
            return True
        return False

    def make() -> None:
        error: BaseException | None = None
        try:
            for item in items:
                if not put((True, item)):
                    break
        except BaseException as raised:
            error = raised
        finally:
            if hasattr(items, "close"):
                items.close()
        put((False, error))

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while True:
            is_item, value = waiting.get()
            if not is_item:
                if isinstance(value, BaseException):
                    raise value
                return
            yield value  # type: ignore[misc]
    finally:
        unwanted.set()
        thread.join()


class Background(Generic[T]):
    """Hands items to a function in a thread, in their order.

    Args:
        function: Called with one item at a time.
        count: Number of items that may wait; :meth:`put` waits while there are more.
    """

    def __init__(self, function: Callable[[T], object], count: int) -> None:
        self._function = function
        self._waiting: queue.Queue[T | None] = queue.Queue(count)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Hand over an item; raises the error of an earlier one."""
        while self._error is None:
            try:
                self._waiting.put(item, timeout=_PATIENCE)
            except queue.Full:
                continue
            return
        raise self._error

    def finish(self) -> None:
        """Wait until all items are done; raises the error of one."""
        while self._thread.is_alive():
            try:
                self._waiting.put(None, timeout=_PATIENCE)
                break
            except queue.Full:
                continue
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        try:
            while (item := self._waiting.get()) is not None:
                self._function(item)
        except BaseException as error:
            self._error = error


def usable_cores() -> int:
    """Return how many cores this process may keep busy, at least 1.

    That is the number of cores that it may run on, or the processor time that its control group
    has (the limit of a container or a cluster job), rounded down, if that is less.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min([cores, *(int(quota) for quota in _cgroup_quotas(Path("/")))]))


def _cgroup_quotas(root: Path) -> Iterator[float]:
    """Yield the limits, in cores, of this process' control group and of those it is in.

    Args:
        root: Of the file system; another one in tests.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        # Version 2 has one hierarchy, without a name; version 1 has one for each controller.
        names = (controllers, "cpu", "cpu,cpuacct") if controllers else ("", "unified")
        for name in dict.fromkeys(names):
            top = root / "sys/fs/cgroup" / name
            group = top / path.lstrip("/")
            for folder in (group, *group.parents):
                quota = _quota(folder)
                if quota is not None:
                    yield quota
                if folder == top:
                    break


def _quota(folder: Path) -> float | None:
    """Return the limit of one control group in cores, if it has one."""
    try:
        if (folder / "cpu.max").is_file():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu.cfs_period_us").read_text().strip()
        return float(quota) / float(period) if float(quota) > 0 else None
    except (OSError, ValueError, ZeroDivisionError):
        # No limit ("max"), or files that this kernel does not have.
        return None

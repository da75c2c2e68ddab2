"""Threads, and the cores there are for them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_order(
    function: Callable[[T], R], items: Iterable[T], workers: int | None = None
) -> Iterator[R]:
    """Yield ``function`` of each item from a pool of threads, a few items ahead.

    Decoding and hashing release the interpreter's lock, so threads are enough for them.

    Args:
        function: Called with one item at a time.
        items: The items; they may be made while others are in work.
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


def usable_cores() -> int:
    """Return how many cores this process may keep busy, at least 1.

    That is the smaller of the cores that it may be scheduled on and of the processor time that
    its control group is given (a container's or a cluster job's limit), rounded down.
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

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc is told what to keep"
)

# Prints how many pages are fetched to make 48 MB anew, after these have often been made and freed.
PROGRAM = """
import ctypes, resource, torch
from restorekit.memory import keep_freed_memory

PR_SET_THP_DISABLE = 41
ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)
keep_freed_memory(torch.zeros(1, device="{device}"))
for _ in range(30):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(12_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
# As many as there are if all are fetched.
ALL = 48_000_000 // 4096


def num_fetched(device: str = "cpu", **environment: str) -> int:
    chosen = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD", "RESTOREKIT_")
    rest = {name: value for name, value in os.environ.items() if not name.startswith(chosen)}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(device=device)],
        env={**rest, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return int(run.stdout)


def test_freed_memory_is_used_again() -> None:
    assert num_fetched() < ALL / 100


@pytest.mark.parametrize(
    "environment",
    [
        {"RESTOREKIT_KEEP_FREED_MEMORY": "0"},
        {"MALLOC_MMAP_MAX_": "65536"},
        {"GLIBC_TUNABLES": "glibc.malloc.mmap_max=65536"},
    ],
    ids=lambda environment: next(iter(environment)),
)
def test_the_environment_has_the_last_word(environment: dict[str, str]) -> None:
    assert num_fetched(**environment) > ALL / 2


def test_work_on_another_device_changes_nothing() -> None:
    assert num_fetched(device="meta") > ALL / 2

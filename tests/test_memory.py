from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc is told what to keep"
)

# Prints how many pages are fetched to make a tensor anew, after it has often been made and freed.
PROGRAM = """
import ctypes, resource, torch
from restorekit.memory import keep_freed_memory

PR_SET_THP_DISABLE = 41
ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)
keep_freed_memory(torch.zeros(1, 1, 1, 1, device="{device}"), {announced})
for _ in range(30):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones({made})
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
# Numbers in a tensor of 20 and of 48 MB, and the pages of the latter.
SMALL, LARGE = 5_000_000, 12_000_000
ALL = 4 * LARGE // 4096


def num_fetched(
    device: str = "cpu", announced: int = LARGE, made: int = LARGE, **environment: str
) -> int:
    chosen = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD", "RESTOREKIT_")
    rest = {name: value for name, value in os.environ.items() if not name.startswith(chosen)}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(device=device, announced=announced, made=made)],
        env={**rest, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return int(run.stdout)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_freed_memory_is_used_again(size: int) -> None:
    assert num_fetched(announced=size, made=size) < ALL / 100


def test_large_blocks_are_left_to_glibc_where_there_will_be_none() -> None:
    assert num_fetched(announced=SMALL, made=LARGE) > ALL / 2


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

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
features = torch.zeros(1, 1, 1, 1, device="{device}")

def work(times=30):
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.ones({made})
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def keep():
    return keep_freed_memory(features, {announced})

{program}
"""
WITHIN = """
with keep():
    print(work())
"""
# Numbers in a tensor of 20 and of 80 MB, and the pages of the latter.
SMALL, LARGE = 5_000_000, 20_000_000
ALL = 4 * LARGE // 4096


def num_fetched(
    program: str = WITHIN,
    device: str = "cpu",
    announced: int = LARGE,
    made: int = LARGE,
    **environment: str,
) -> int:
    chosen = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD", "RESTOREKIT_")
    rest = {name: value for name, value in os.environ.items() if not name.startswith(chosen)}
    text = PROGRAM.format(device=device, announced=announced, made=made, program=program)
    run = subprocess.run(
        [sys.executable, "-c", text],
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


# Each: what is done before the work, and whether that then finds what was freed.
AFTERWARDS = {
    "inference": ("with torch.no_grad(), keep(): work()", False),
    "a failure": (
        """
try:
    with torch.no_grad(), keep():
        work()
        raise ValueError
except ValueError:
    pass
""",
        False,
    ),
    "a forward pass in training": ("with keep(): work()", True),
    "a part of something larger": (
        """
torch.set_grad_enabled(False)
outer = keep()
outer.__enter__()
with keep(): work()
""",
        True,
    ),
}


@pytest.mark.parametrize(("before", "kept"), AFTERWARDS.values(), ids=AFTERWARDS.keys())
def test_what_is_kept_afterwards(before: str, kept: bool) -> None:
    fetched = num_fetched(program=f"{before}\nprint(work())")
    assert fetched < ALL / 100 if kept else fetched > ALL / 2


def test_the_next_image_finds_what_the_last_one_freed() -> None:
    program = """
torch.set_grad_enabled(False)
with keep(): work()
# What others do in between does not take it, nor give it back.
work()
with keep(): print(work(1))
"""
    assert num_fetched(program=program) < ALL / 100


def test_what_others_free_is_not_put_aside() -> None:
    program = """
torch.set_grad_enabled(False)
def size():
    return int(open("/proc/self/statm").read().split()[1])
before = size()
for _ in range(40):
    with keep(): torch.ones(1000)
    others = [torch.ones(6_000_000) for _ in range(2)]
    del others
print(size() - before)
"""
    # In pages; without a limit it is two gigabytes.
    assert num_fetched(program=program) < 200_000


def test_a_fork_leaves_the_other_threads_work_behind() -> None:
    program = """
import os, threading
inside, done = threading.Event(), threading.Event()
def hold():
    with torch.no_grad(), keep():
        inside.set()
        done.wait()
thread = threading.Thread(target=hold)
thread.start()
inside.wait()
child = os.fork()
if child == 0:
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    with keep(): work()
    print(work(), flush=True)
    os._exit(0)
os.waitpid(child, 0)
done.set()
thread.join()
"""
    assert num_fetched(program=program) > ALL / 2

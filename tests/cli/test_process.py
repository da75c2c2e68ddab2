"""The command line lets glibc keep freed memory; the library sets nothing."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")

#: Prints whether a block of 512 MiB comes from the heap, which keeps it when it is freed.
FROM_HEAP = """
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.sbrk.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
before = libc.sbrk(0)
block = libc.malloc(1 << 29)
print(libc.sbrk(0) - before >= 1 << 28)
"""


def from_heap(start: str, **environment: str) -> bool:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MALLOC_", "GLIBC_", "RESTOREKIT_KEEP"))
    }
    done = subprocess.run(
        [sys.executable, "-c", f"{start}\n{FROM_HEAP}"],
        env={**inherited, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return done.stdout.split()[-1] == "True"


KEEP = "from restorekit.cli.process import keep_freed_memory; keep_freed_memory()"


def test_large_blocks_are_kept():
    assert from_heap(KEEP)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RESTOREKIT_KEEP_FREED_MEMORY", "0"),
        ("MALLOC_TRIM_THRESHOLD_", "131072"),
        ("GLIBC_TUNABLES", "glibc.malloc.trim_threshold=131072"),
    ],
)
def test_the_environment_turns_it_off(variable, value):
    assert not from_heap(KEEP, **{variable: value})


def test_every_command_starts_with_it():
    assert from_heap(
        "import sys; from restorekit.cli import program\n"
        "try: program(['--version'])\n"
        "except SystemExit: pass"
    )


def test_the_library_sets_nothing():
    assert not from_heap(
        "import os, torch; before = dict(os.environ), torch.get_num_threads()\n"
        "from restorekit.archs import DCSFN\n"
        "from restorekit.fast import accelerate\n"
        "network = accelerate(DCSFN(2, 1, 1, 1)).eval()\n"
        "with torch.no_grad(): network(torch.rand(1, 3, 16, 16))\n"
        "assert (dict(os.environ), torch.get_num_threads()) == before"
    )

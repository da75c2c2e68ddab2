"""How many cores there are, and how processes and loader workers share them."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
import torch

from restorekit.engine import data_loaders, launch
from restorekit.engine.runner import Runner
from restorekit.io import threads

ROOT = Path(__file__).parents[2]


V2 = {"proc/self/cgroup": "0::/jobs/one\n", "sys/fs/cgroup/jobs/cpu.max": "150000 100000\n"}


@pytest.mark.parametrize(
    ("files", "quotas"),
    [
        ({}, []),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "400000 100000\n"}, [4]),
        ({**V2, "sys/fs/cgroup/jobs/one/cpu.max": "max 100000\n"}, [1.5]),
        ({**V2, "sys/fs/cgroup/jobs/one/cpu.max": "50000 100000\n"}, [0.5, 1.5]),
        (
            {
                "proc/self/cgroup": "5:cpuset:/x\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "300000\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/cpuset/cpu.cfs_quota_us": "100000\n",
                "sys/fs/cgroup/cpuset/cpu.cfs_period_us": "100000\n",
            },
            [3],
        ),
        (
            {
                "proc/self/cgroup": "2:cpu:/a\n",
                "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
            },
            [],
        ),
    ],
)
def test_limits_of_control_groups_count(tmp_path, files, quotas):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert list(threads._cgroup_quotas(tmp_path)) == quotas


@pytest.mark.parametrize(
    ("quotas", "cores"), [([], 6), ([2.9], 2), ([0.3], 1), ([8, 4], 4), ([64], 6)]
)
def test_the_tightest_limit_counts(monkeypatch, quotas, cores):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
    monkeypatch.setattr(threads, "_cgroup_quotas", lambda _: iter(quotas))
    assert threads.usable_cores() == cores


@pytest.mark.parametrize(
    ("asked", "processes", "cores", "given"),
    [
        ("8", 2, 2, 1),
        ("8", 2, 16, 8),
        ("1", 2, 16, 1),
        (None, 2, 16, 8),
        ("4,2", 1, 16, 4),
        ("nonsense", 3, 8, 2),
        ("0", 4, 8, 2),
        ("8", 4, 2, 1),
    ],
)
def test_processes_share_the_cores(asked, processes, cores, given):
    environment = {} if asked is None else {"OMP_NUM_THREADS": asked}
    assert launch.threads_each(environment, processes, cores) == given


def test_the_launcher_caps_threads_and_says_so(tmp_path):
    script = tmp_path / "show.py"
    script.write_text("import torch; print('threads', torch.get_num_threads())\n")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "restorekit.engine.launch", "--standalone"),
            *("--nproc-per-node", "2", str(script)),
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1000"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    share = max(threads.usable_cores() // 2, 1)
    assert done.stdout.split().count(str(share)) == 2
    (line,) = [line for line in done.stderr.splitlines() if "usable cores" in line]
    assert line.startswith("2 processes")


@pytest.mark.parametrize(
    ("cores", "processes", "workers"), [(8, 1, 4), (8, 4, 2), (2, 2, 1), (1, 2, 1), (16, 2, 4)]
)
def test_workers_are_counted_over_all_processes(monkeypatch, cores, processes, workers):
    monkeypatch.setattr(data_loaders, "usable_cores", lambda: cores)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
    assert Runner.build_dataloader({**LOADER, "num_workers": 4}, seed=0).num_workers == workers


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_run_with_one_thread(method):
    config = {**LOADER, "num_workers": 1, "multiprocessing_context": method}
    batch = next(iter(Runner.build_dataloader(config, seed=0)))
    assert batch.tolist() == [[1, 1], [1, 1]]


class Threads(torch.utils.data.Dataset):
    """Its samples are the numbers of threads that they are made with."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.tensor([torch.get_num_threads(), cv2.getNumThreads()])


LOADER = {
    "batch_size": 2,
    "sampler": {"type": "restorekit.ReproducibleSampler"},
    "collate_fn": {"type": "collate_samples"},
    "dataset": Threads(),
}

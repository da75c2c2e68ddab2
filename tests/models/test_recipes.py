"""The methods beside DCSFN train by their own recipes, in one process and in two."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from small_recipes import train

CONFIGS = Path(__file__).parents[2] / "configs"
NAMES = ("ddn", "nledn", "prenet", "rehen", "rescan", "ssir")
METHODS = [CONFIGS / f"{name}/{name}_rain100l.py" for name in NAMES]
VARIANTS = sorted(path for method in METHODS for path in method.parent.glob("variants/*.py"))


@pytest.mark.parametrize("path", [*METHODS, *VARIANTS], ids=lambda path: path.stem)
def test_the_loss_goes_down(path):
    losses = train(path, 25)
    # PReNet's -SSIM ends at -1, the others' losses near 0.
    goal = -1 if losses[0] < 0 else 0
    assert losses[0] - sum(losses[-3:]) / 3 > 0.1 * (losses[0] - goal)


@pytest.mark.slow
def test_two_processes_train_without_looking_for_unused_parameters(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = Path(__file__).with_name("small_recipes.py")
    environment = os.environ | {
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "OMP_NUM_THREADS": "1",
    }
    processes = [
        subprocess.Popen(
            [sys.executable, str(script), str(tmp_path), *map(str, [*METHODS, *VARIANTS])],
            env={**environment, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        errors = [process.communicate(timeout=400)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], errors
    for rank in range(2):
        for losses in json.loads((tmp_path / f"{rank}.json").read_text()).values():
            assert losses[-1] < losses[0]

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_runner import TinyPairs

from restorekit.image_io import read_image


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """Run two_processes.py on two ranks; return its folder and (status, errors) of each."""
    folder = tmp_path_factory.mktemp("two_processes")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = Path(__file__).with_name("two_processes.py")
    processes = [
        subprocess.Popen(
            [sys.executable, str(script), str(folder)],
            env=os.environ
            | {
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
                "WORLD_SIZE": "2",
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": str(port),
                "OMP_NUM_THREADS": "1",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        errors = [process.communicate(timeout=240)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return folder, [
        (process.returncode, error) for process, error in zip(processes, errors, strict=True)
    ]


@pytest.mark.slow
def test_images_of_all_processes_are_written(outcome):
    folder = outcome[0] / "test/restored/test"
    # The third image was given to both, and nothing half-written is left.
    assert sorted(path.name for path in folder.iterdir()) == ["a.png", "b.png", "c.png"]
    for index, name in enumerate("abc"):
        expected = TinyPairs()[index]["gt"].permute(1, 2, 0).numpy()
        np.testing.assert_array_equal(read_image(folder / f"{name}.png")[:, 40:], expected)


@pytest.mark.slow
def test_a_loss_that_breaks_in_one_process_stops_all(outcome):
    (status_0, error_0), (status_1, error_1) = outcome[1]
    assert (status_0, status_1) == (2, 2), error_0 + error_1
    assert "stopped: Training stopped at iteration 3" in error_0
    assert "stopped: Training stopped at iteration 3, since loss is nan" in error_1
    table = (outcome[0] / "train/history.csv").read_text().splitlines()
    assert len(table) == 1 + 2 + 1
    assert not (outcome[0] / "train/iter_4.pth").exists()

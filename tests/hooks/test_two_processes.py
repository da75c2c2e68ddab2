from pathlib import Path

import numpy as np
import pytest
from tiny_runner import TinyPairs
from two_ranks import run_on_two_ranks

from restorekit.io.images import read_image


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """Run two_processes.py on two ranks; return its folder and (status, errors) of each."""
    folder = tmp_path_factory.mktemp("two_processes")
    script = Path(__file__).with_name("two_processes.py")
    return folder, run_on_two_ranks(script, folder, timeout=240)


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

import sys

import numpy as np
import pytest
import torch.distributed
from forks import run_on_two_ranks
from tiny_runner import TinyPairs, build_runner

from restorekit.errors import RestoreKitError
from restorekit.io.images import read_image

DISTRIBUTED = {
    "launcher": "pytorch",
    "model_wrapper_cfg": {"type": "MMDistributedDataParallel", "device_ids": None},
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """Test, then train until the loss breaks, on two ranks; return the folder and the outcomes."""
    folder = tmp_path_factory.mktemp("two_processes")

    def work():
        torch.distributed.init_process_group("gloo")
        restored = {"type": "RestoredImagesHook", "num_images": None}
        build_runner(f"{folder}/test", [restored], **DISTRIBUTED).test()
        loss = {"type": "BreakingLoss", "at": 3, "rank": 1}
        runner = build_runner(
            f"{folder}/train",
            [{"type": "MetricHistoryHook", "interval": 1}],
            model={"type": "Restorer", "network": {"type": "TinyNetwork"}, "loss": loss},
            # The weights are not updated before the loss breaks: process 0 has nothing of its
            # own to see.
            optim_wrapper={"optimizer": {"type": "Adam", "lr": 0.01}, "accumulative_counts": 6},
            **DISTRIBUTED,
        )
        try:
            runner.train()
        except RestoreKitError as error:
            sys.stderr.write(f"stopped: {error}\n")
            return 2

    return folder, run_on_two_ranks(work)


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
    first, second = outcome[1]
    assert (first.returncode, second.returncode) == (2, 2), first.stderr + second.stderr
    assert "stopped: Training stopped at iteration 3" in first.stderr
    assert "stopped: Training stopped at iteration 3, since loss is nan" in second.stderr
    table = (outcome[0] / "train/history.csv").read_text().splitlines()
    assert len(table) == 1 + 2 + 1
    assert not (outcome[0] / "train/iter_4.pth").exists()

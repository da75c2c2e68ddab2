"""A damaged newest checkpoint is passed over, and the older good one is resumed."""

import pytest
import torch

from restorekit.engine.training_checkpoints import (
    find_last_good_checkpoint,
    read_training_checkpoint,
)
from restorekit.errors import CheckpointError

GOOD = {
    "meta": {"iter": 2, "epoch": 0},
    "state_dict": {"network.weight": torch.ones(2)},
    "optimizer": {"state": {}, "param_groups": []},
    "message_hub": {"log_scalars": {}},
}
DAMAGED = {
    "meta is a list": {"meta": ["iter", 2]},
    "meta is a number": {"meta": 4},
    "meta is a string": {"meta": "format"},
    "meta is None": {"meta": None},
    "iter is a string": {"meta": {"iter": "2", "epoch": 0}},
    "weights are a list": {"state_dict": [torch.ones(2)]},
    "a weight is a number": {"state_dict": {"network.weight": 1.0}},
    "a key is a number": {"state_dict": {3: torch.ones(2)}},
    "a sparse weight": {"state_dict": {"network.weight": torch.ones(2).to_sparse()}},
    "a weight without values": {"state_dict": {"network.weight": torch.ones(2, device="meta")}},
    "a history without values": {"message_hub": {"loss": {"history_buffer": [1, 2, 3]}}},
    "a history that is too short": {"message_hub": {"loss": {"history_buffer": [1]}}},
}


@pytest.mark.parametrize("case", DAMAGED)
def test_the_older_checkpoint_is_taken(tmp_path, case):
    torch.save(GOOD, tmp_path / "iter_2.pth")
    torch.save({**GOOD, **DAMAGED[case]}, tmp_path / "iter_4.pth")
    with pytest.raises(CheckpointError, match=r"iter_4\.pth"):
        read_training_checkpoint(tmp_path / "iter_4.pth")
    assert find_last_good_checkpoint(tmp_path).name == "iter_2.pth"


def test_the_good_one_alone_is_read(tmp_path):
    torch.save(GOOD, tmp_path / "iter_2.pth")
    assert torch.equal(
        read_training_checkpoint(tmp_path / "iter_2.pth")["state_dict"]["network.weight"],
        torch.ones(2),
    )

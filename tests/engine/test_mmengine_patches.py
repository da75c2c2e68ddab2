"""mmengine's own readers read checkpoints as ours do."""

import pytest
import torch
from mmengine.runner import CheckpointLoader, load_checkpoint
from mmengine.runner.checkpoint import load_from_local

from restorekit.engine.mmengine_patches import read_files_safely
from restorekit.errors import CheckpointError


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.fixture(autouse=True)
def schemes(monkeypatch):
    monkeypatch.setattr(CheckpointLoader, "_schemes", dict(CheckpointLoader._schemes))
    read_files_safely()


def test_whatever_mmengine_loads_is_data(tmp_path):
    network, other = torch.nn.Conv2d(3, 3, 1), torch.nn.Conv2d(3, 3, 1)
    torch.save(network.state_dict(), tmp_path / "good.pth")
    load_checkpoint(other, str(tmp_path / "good.pth"))
    assert torch.equal(network.weight, other.weight)
    torch.save({"state_dict": Payload(str(tmp_path / "executed"))}, tmp_path / "evil.pth")
    with pytest.raises(CheckpointError):
        load_checkpoint(other, str(tmp_path / "evil.pth"))
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("address", ["http://a/b.pth", "https://a/b.pth", "s3://a/b.pth"])
def test_nothing_is_fetched(address):
    with pytest.raises(CheckpointError):
        CheckpointLoader.load_checkpoint(address)
    assert load_from_local not in CheckpointLoader._schemes.values()

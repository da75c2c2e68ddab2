"""mmengine's own readers read checkpoints as ours do."""

import pytest
import torch
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.runner import CheckpointLoader, load_checkpoint
from mmengine.runner.checkpoint import load_from_local

from restorekit.cli import main
from restorekit.engine.mmengine_patches import ShortHistories, history_length, read_files_safely
from restorekit.engine.runner import Runner
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


def test_histories_keep_what_is_looked_back_on():
    hub = MessageHub("short")
    hub._log_scalars = ShortHistories(5, {"old": HistoryBuffer(list(range(20)), [1] * 20)})
    for value in range(8):
        hub.update_scalar("loss", value)
    assert hub.log_scalars["loss"].data[0].tolist() == [3, 4, 5, 6, 7]
    assert hub.log_scalars["old"].data[0].tolist() == [15, 16, 17, 18, 19]
    assert hub.log_scalars["loss"].mean(3) == 6
    history = {"type": "MetricHistoryHook", "interval": 20_000}
    custom = {"custom_cfg": [{"data_src": "loss", "window_size": "global"}]}
    assert history_length({}) == 10_000
    assert history_length({"custom_hooks": [history]}) == 20_000
    assert history_length({"log_processor": custom}) == 1_000_000


def test_a_run_limits_its_histories(small_config):
    runner = Runner.from_cfg(small_config("w", length=2))
    runner.train()
    assert {buffer.max_length for buffer in runner.message_hub.log_scalars.values()} == {10_000}


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("default_hooks.checkpoint.save_best", "psnr/rgb_u9", "'psnr/rgb_u8'"),
        ("train_cfg.val_interval", 0, "val_interval=0"),
    ],
)
def test_what_would_fail_at_the_first_validation_is_refused_before(
    small_config, tmp_path, capsys, key, value, named
):
    config = small_config("w", length=4, **{key: value})
    config.dump(str(tmp_path / "c.py"))
    assert main(["train", str(tmp_path / "c.py")]) == 2
    error = capsys.readouterr().err
    assert key in error
    assert named in error
    assert not list((tmp_path / "w").glob("*.pth"))

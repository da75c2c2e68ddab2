"""Checkpoints: strangers' code is refused, writing is atomic."""

import os
import pickle
import subprocess
import sys
import textwrap

import pytest
import torch

from restorekit.checkpoints.io import load_file, save_file
from restorekit.errors import CheckpointError


class Payload:
    """Runs a shell command when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("writer", ["torch", "torch_legacy", "pickle"])
def test_malicious_file_is_refused_and_not_executed(tmp_path, writer):
    marker, path = tmp_path / "executed", tmp_path / "evil.pth"
    content = {"state_dict": {"weight": torch.ones(2)}, "extra": Payload(marker)}
    if writer == "pickle":
        path.write_bytes(pickle.dumps(content, protocol=2))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=writer == "torch")
    with pytest.raises(CheckpointError, match="refused"):
        load_file(path)
    assert not marker.exists()
    # The file is a working attack, not merely broken: the unsafe way runs it.
    if writer != "pickle":
        torch.load(path, weights_only=False)
        assert marker.exists()


def test_round_trip_and_no_leftovers(tmp_path):
    path = tmp_path / "folder" / "weights.pth"
    save_file({"weight": torch.arange(3.0)}, path)
    assert torch.equal(load_file(path)["weight"], torch.arange(3.0))
    assert os.listdir(path.parent) == ["weights.pth"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("junk.pth", b"this is no checkpoint", "not a whole PyTorch checkpoint"),
        ("empty.pth", b"", "not a whole PyTorch checkpoint"),
    ],
)
def test_broken_file_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_file(tmp_path / name)
    assert name in str(caught.value)


def test_cut_off_file_is_named(tmp_path):
    path = tmp_path / "cut.pth"
    torch.save({"weight": torch.ones(1000)}, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="not a whole PyTorch checkpoint"):
        load_file(path)


def test_missing_file_names_the_nearest_and_addresses_are_refused(tmp_path):
    (tmp_path / "iter_100.pth").touch()
    with pytest.raises(CheckpointError, match=r"Did you mean 'iter_100\.pth'"):
        load_file(tmp_path / "iter_10.pth")
    with pytest.raises(CheckpointError, match="local files only"):
        load_file("https://example.org/weights.pth")
    with pytest.raises(CheckpointError, match="is a folder"):
        load_file(tmp_path)


def test_kill_while_saving_keeps_the_previous_file(tmp_path):
    """A process killed in the middle of torch.save leaves the earlier checkpoint whole."""
    path = tmp_path / "iter.pth"
    save_file({"step": 1}, path)
    script = textwrap.dedent(
        f"""
        import os, signal, torch
        from restorekit.checkpoints.io import save_file
        write = torch.save
        def half(content, target):
            write(content, target)
            with open(target, "rb+") as file:
                file.truncate(20)
            os.kill(os.getpid(), signal.SIGKILL)
        torch.save = half
        save_file({{"step": 2}}, {str(path)!r})
        """
    )
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == -9
    assert load_file(path) == {"step": 1}

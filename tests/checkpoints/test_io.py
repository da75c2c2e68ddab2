"""Checkpoints: strangers' code is refused, writing is atomic."""

import ast
import gzip
import io
import os
import pickle
import textwrap
import zipfile
from pathlib import Path

import pytest
import torch
from forks import run_code
from safetensors.torch import save as save_safetensors

import restorekit
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


def html_page():
    return b"\xef\xbb\xbf\n<!DOCTYPE html>\n<html><body>Sign in</body></html>"


def zipped(name, content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["empty"]),
        (b"this is no checkpoint", ["text file", "this is no checkpoint"]),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 44000\n",
            ["git lfs pull"],
        ),
        (html_page(), ["web page"]),
        (b'{"message": "Not Found"}', ["text file", "Not Found"]),
        (gzip.compress(b"x"), ["gzip"]),
        (zipped("weights.pth", b"x" * 99), ["zip archive"]),
        (zipped("model/data.pkl", bytes(2**24)), ["refused", "compressed"]),
        (b"\x89HDF\r\n\x1a\n", ["HDF5"]),
        (b"\x80\x02\xff\xfe\xfd", ["not a whole PyTorch checkpoint"]),
        (save_safetensors({"w": torch.ones(1)}), ["safetensors", "rename"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_file_that_is_no_checkpoint_is_diagnosed(tmp_path, content, words):
    (tmp_path / "x.pth").write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        load_file(tmp_path / "x.pth")
    message = str(caught.value)
    assert all(word in message for word in ["x.pth", *words])
    assert "\n" not in message
    # Only files that hold objects are said to.
    assert "could run code" not in message


def test_an_unreadable_file_is_not_called_missing(tmp_path):
    for name in ("x.pth", "x.safetensors"):
        (tmp_path / name).write_bytes(b"x" * 64)
        script = textwrap.dedent(
            f"""
            import os
            from restorekit.checkpoints import load_network
            from restorekit.errors import CheckpointError
            path = {str(tmp_path / name)!r}
            if os.geteuid() == 0:
                # Nobody may read a file of root's; its folders stay open.
                os.chmod(path, 0)
                for folder in list(__import__("pathlib").Path(path).parents)[:-2]:
                    os.chmod(folder, os.stat(folder).st_mode | 0o555)
                os.setuid(65534)
            else:
                os.chmod(path, 0)
            try:
                load_network(path)
            except CheckpointError as error:
                print(error)
            """
        )
        run = run_code(script)
        assert "Permission denied" in run.stdout
        assert "no checkpoint" not in run.stdout


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
    assert run_code(script).returncode == -9
    assert load_file(path) == {"step": 1}


def test_nothing_else_reads_pickles():
    """``torch.load`` and ``pickle.load`` are called in one module only."""
    package = Path(restorekit.__file__).parent
    callers = {
        file.relative_to(package).as_posix()
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func)
        in {"torch.load", "pickle.load", "pickle.loads", "torch.jit.load"}
    }
    assert callers == {"checkpoints/io.py"}

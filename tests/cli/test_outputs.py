"""Outputs that cannot be written are noticed before the work, and what was measured is kept."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from forks import run_code

from restorekit.checkpoints import save_network
from restorekit.cli import main
from restorekit.engine.runner import Runner
from restorekit.errors import OutputError
from restorekit.evaluation import results as results_module
from restorekit.hooks import restored_images
from restorekit.io.images import write_image
from restorekit.registry import MODELS

NETWORK = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_scales": 1, "num_convs": 1}
RESULTS = Path(__file__).resolve().parents[1] / "evaluation" / "schema_1" / "evaluate.json"


@pytest.fixture
def data(tmp_path, pair_folder, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pair_folder(tmp_path / "pairs", count=2, size=(20, 24))
    save_network(MODELS.build(dict(NETWORK)), NETWORK, tmp_path / "n.pth")
    torch.save({"net": {}}, tmp_path / "authors.pth")
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()
    return tmp_path


COMMANDS = {
    "restore": ["restore", "pairs/lq", "--model", "n.pth", "--device", "cpu", "-o", "file"],
    "convert": ["convert", "dcsfn", "authors.pth", "file/out.pth"],
    "evaluate": ["evaluate", "--pred", "pairs/lq", "--gt", "pairs/gt", "--out", "folder"],
    "leaderboard": ["leaderboard", str(RESULTS), "--out", "file"],
    "lmdb": ["data", "lmdb", "pairs", "file"],
    "synthesize": ["data", "synthesize", "pairs/gt", "file/x", "--preset", "rain100l"],
    "train": ["train", "config.py", "--work-dir", "file"],
    "test --out": ["test", "config.py", "n.pth", "--out", "folder"],
    "test --save-dir": ["test", "config.py", "n.pth", "--save-dir", "file"],
    "test --work-dir": ["test", "config.py", "n.pth", "--work-dir", "file/w"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_place_that_is_taken_costs_one_sentence(data, name, capsys, small_config):
    small_config("work").dump("config.py")
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*") if path.is_file()}
    assert main(COMMANDS[name]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "file" in captured.err or "folder" in captured.err
    # Nothing was measured, rendered or written before.
    assert "psnr" not in captured.out.lower()
    after = {path: path.stat().st_mtime_ns for path in data.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="needs POSIX users")
def test_no_permission_costs_one_sentence(data):
    """As another user where this one is root, whom nothing stops."""
    (data / "closed").mkdir()
    script = f"""
import os, sys
from restorekit.cli import main
command = {COMMANDS["restore"]!r}
# Python's own files may be closed to others: everything is imported first.
assert main([*command[:-1], "open"]) == 0
os.chmod("closed", 0o555)
if os.geteuid() == 0:
    for folder in list(__import__("pathlib").Path.cwd().parents)[:-2]:
        os.chmod(folder, os.stat(folder).st_mode | 0o555)
    os.setuid(65534)
sys.exit(main([*command[:-1], "closed/out"]))
"""
    run = run_code(script)
    assert run.returncode == 2, run.stderr
    assert "permission denied" in run.stderr.splitlines()[-1].lower()
    assert "Traceback" not in run.stderr


def test_a_disk_that_fills_up_while_restoring(data):
    image = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    write_image(data / "large.png", image)
    script = f"""
import resource, sys
from restorekit.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
command = {COMMANDS["restore"]!r}
sys.exit(main(["restore", "pairs/lq", "large.png", *command[2:-1], "out"]))
"""
    run = run_code(script)
    assert run.returncode == 2, run.stderr
    assert "large.png cannot be written" in run.stderr
    assert "1 of 3 files" in run.stderr.splitlines()[-1]
    assert sorted(os.listdir(data / "out")) == ["000.png", "001.png"]


@pytest.mark.parametrize("command", ["evaluate", "test"])
def test_what_was_measured_is_kept(data, command, capsys, monkeypatch, small_config):
    """The place is lost after the check: the numbers are shown and written elsewhere."""
    write = results_module.write_json

    def lost(path, content):
        if Path(path).parent.name == "gone":
            Path("gone").write_text("a file in the way")
        write(path, content)

    monkeypatch.setattr(results_module, "write_json", lost)
    if command == "test":
        config = small_config("work", length=2)
        config.dump("config.py")
        Runner.from_cfg(config).train()
        arguments = ["test", "config.py", "work", "--work-dir", "w", "--protocol", "rgb_u8"]
    else:
        arguments = ["evaluate", "--pred", "pairs/lq", "--gt", "pairs/gt", "--protocol", "rgb_u8"]
    assert main([*arguments, "--out", "gone/results.json"]) == 2
    captured = capsys.readouterr()
    assert "PSNR" in captured.out
    message = captured.err.splitlines()[-1]
    folder = Path(next(word for word in message.split() if "restorekit-results-" in word))
    kept = json.loads((folder / "results.json").read_text())
    assert len(kept["measures"]["psnr/rgb_u8"]["images"]) == (3 if command == "test" else 2)


@pytest.mark.parametrize("option", ["--save-dir", "--work-dir"])
def test_images_that_cannot_be_saved_do_not_cost_the_numbers(
    data, option, capsys, monkeypatch, small_config
):
    """The disk fills up at the second restored image of three."""
    pictures = {"type": "RestoredImagesHook", "num_images": 0 if option == "--save-dir" else 9}
    config = small_config("work", length=2, custom_hooks=[pictures])
    config.dump("config.py")
    Runner.from_cfg(config).train()
    written = []

    def write(path, image):
        if len(written) == 1:
            raise OutputError(f"{path} cannot be written: no space left on device.")
        written.append(path)

    arguments = ["test", "config.py", "work", "--out", "results.json", "--protocol", "rgb_u8"]
    monkeypatch.setattr(restored_images, "write_image", write)
    assert main([*arguments, option, "saved"]) == 2
    captured = capsys.readouterr()
    assert "2 restored images" in captured.err
    assert "no space left" in captured.err
    assert captured.err.splitlines()[-1].count("saved/") == 1
    kept = json.loads(Path("results.json").read_text())
    assert len(kept["measures"]["psnr/rgb_u8"]["images"]) == 3

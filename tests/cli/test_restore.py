"""``restorekit restore`` as people call it."""

import os
import signal
import sys
import time

import numpy as np
import PIL.Image
import pytest
import torch
from forks import Fork
from torch import nn

import restorekit
from restorekit.archs import DCSFN
from restorekit.checkpoints import save_network
from restorekit.cli import main

CONFIG = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_scales": 1, "num_convs": 1}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    save_network(DCSFN(**{k: v for k, v in CONFIG.items() if k != "type"}), CONFIG, "net.pth")
    return tmp_path


def photograph(path, seed=0, size=(20, 31)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    PIL.Image.fromarray(pixels).save(path)
    return pixels


def restore(*arguments):
    return main(["restore", "--model", "net.pth", "--device", "cpu", *map(str, arguments)])


def test_one_photograph_is_restored_beside_itself(folder, capsys):
    pixels = photograph(folder / "a.png")
    assert restore("a.png") == 0
    assert capsys.readouterr().out == "a_restored.png\n"
    expected = restorekit.load_restorer("net.pth", device="cpu")(pixels)
    np.testing.assert_array_equal(np.asarray(PIL.Image.open("a_restored.png")), expected)
    assert not np.array_equal(expected, pixels)


def test_without_a_model_the_shipped_one_is_used(folder, capsys):
    pixels = photograph(folder / "a.png")
    assert main(["restore", "a.png", "--device", "cpu"]) == 0
    expected = restorekit.load_restorer("derain-small", device="cpu")(pixels)
    np.testing.assert_array_equal(np.asarray(PIL.Image.open("a_restored.png")), expected)
    assert main(["restore", "a.png", "--device", "cpu", "--model", "derain-smal"]) == 2
    assert "derain-small" in capsys.readouterr().err


def test_folders_files_and_formats(folder, capsys):
    photograph(folder / "photos" / "sub" / "a.png")
    photograph(folder / "b.bmp")
    assert restore("photos", "b.bmp", "-o", "out", "--format", "webp") == 0
    assert "2 of 2 files restored to out." in capsys.readouterr().out
    assert PIL.Image.open("out/sub/a.webp").format == "WEBP"
    assert PIL.Image.open("out/b.webp").size == (31, 20)
    assert restore("b.bmp", "-o", "result.jpg", "--quality", "50", "--compare") == 0
    assert capsys.readouterr().out.split() == ["result.jpg", "result_compare.jpg"]
    assert PIL.Image.open("result.jpg").format == "JPEG"


def test_broken_files_are_listed_at_the_end_with_status_2(folder, capsys):
    for index in range(3):
        photograph(folder / "photos" / f"{index}.png", index)
    (folder / "photos" / "1.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    (folder / "photos" / "x.gif").write_bytes(b"GIF89a")
    assert restore("photos", "-o", "out") == 2
    captured = capsys.readouterr()
    assert "2 of 3 files restored to out." in captured.out
    assert "1.png" in captured.err
    assert "1 of 3 files could not be restored" in captured.err.splitlines()[-1]
    assert "x.gif" in captured.err
    assert sorted(os.listdir("out")) == ["0.png", "2.png"]


def test_the_place_of_results_beside_their_inputs_is_said(folder, capsys):
    for name in ("a", "b"):
        photograph(folder / "photos" / f"{name}.png")
    assert restore("photos") == 0
    assert "2 of 2 files restored in photos as NAME_restored.EXT." in capsys.readouterr().out
    photograph(folder / "photos" / "sub" / "c.png")
    assert restore("photos", "--skip-existing") == 0
    said = capsys.readouterr().out
    assert "1 of 3 files restored beside their inputs as NAME_restored.EXT" in said
    assert "2 were there already" in said
    assert restore("photos/a.png", "--skip-existing") == 0
    assert capsys.readouterr().out == "photos/a_restored.png was there already.\n"


def test_results_are_left_out_and_said(folder, capsys):
    photograph(folder / "photos" / "a.png")
    assert restore("photos") == restore("photos") == 0
    assert "a_restored.png" in capsys.readouterr().err
    assert restore("photos/a_restored.png") == 2
    assert "nothing to restore" in capsys.readouterr().err
    assert sorted(os.listdir("photos")) == ["a.png", "a_restored.png"]


def test_strength_0_is_the_input_and_a_half_is_between(folder):
    pixels = photograph(folder / "a.png")
    assert restore("a.png", "-o", "full.png") == 0
    assert restore("a.png", "-o", "none.png", "--strength", "0") == 0
    assert restore("a.png", "-o", "half.png", "--strength", "0.5") == 0
    full, none, half = (np.asarray(PIL.Image.open(f"{n}.png")) for n in ("full", "none", "half"))
    np.testing.assert_array_equal(none, pixels)
    # The restored image is clamped before it is rounded, not before it is blended.
    inside = (full > 0) & (full < 255)
    between = (pixels.astype(float) + full) / 2
    assert np.abs(half - between)[inside].max() <= 1


def test_a_plan_without_work(folder, capsys):
    photograph(folder / "photos" / "a.png")
    arguments = ["restore", "photos", "-o", "out", "--model", "there_is_none", "--dry-run"]
    assert main(arguments) == 0
    assert capsys.readouterr().out == "photos/a.png -> out/a.png\n"
    assert not (folder / "out").exists()


def test_shards_restore_everything_once(folder, capsys):
    for index in range(5):
        photograph(folder / "photos" / f"{index}.png", index)
    written = []
    for index in (1, 2):
        assert restore("photos", "-o", f"out{index}", "--shard", f"{index}/2") == 0
        written += os.listdir(f"out{index}")
    assert sorted(written) == [f"{index}.png" for index in range(5)]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["no.png"], "no.png"),
        (["a.png", "--device", "gpu9"], "gpu9"),
        (["a.png", "--strength", "2"], "strength"),
        (["a.png", "--shard", "3/2"], "shard"),
        (["a.png", "--shard", "0/2"], "shard"),
        (["a.png", "--quality", "0"], "quality"),
        (["a.png", "--tile", "-1"], "tile"),
        (["a.png", "--format", "gif"], "gif"),
        (["a.png", "-o", "."], "input"),
        (["a.png", "-o", "b.mp4"], ".mp4"),
        (["a.png", "--codec", "h265"], "hevc"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(folder, arguments, named, capsys):
    photograph(folder / "a.png")
    try:
        status = restore(*arguments)
    except SystemExit as error:  # argparse's own
        status = error.code
    assert status == 2
    assert named in capsys.readouterr().err
    assert sorted(os.listdir()) == ["a.png", "net.pth"]


def test_images_above_the_limit_of_pixels_are_listed_at_the_end(folder, capsys, monkeypatch):
    monkeypatch.setenv("RESTOREKIT_MAX_PIXELS", "1000")
    photograph(folder / "photos" / "large.png", size=(40, 50))
    photograph(folder / "photos" / "small.png")
    assert restore("photos", "-o", "out") == 2
    listed, last = capsys.readouterr().err.splitlines()[-2:]
    assert "large.png" in listed
    assert "RESTOREKIT_MAX_PIXELS" in listed
    assert "1 of 2 files" in last
    assert os.listdir("out") == ["small.png"]


def test_a_folder_in_place_of_a_model_names_its_checkpoints(folder, capsys):
    photograph(folder / "a.png")
    (folder / "run" / "empty").mkdir(parents=True)
    for index, name in enumerate(("iter_2.pth", "iter_9.pth", "best.safetensors", "iter_1.pth")):
        (folder / "run" / name).touch()
        os.utime(folder / "run" / name, (index, index))
    assert main(["restore", "a.png", "--model", "run/"]) == 2
    said = capsys.readouterr().err
    for name in ("iter_1.pth", "best.safetensors", "iter_9.pth", "1 more"):
        assert name in said
    assert main(["restore", "a.png", "--model", "run/empty"]) == 2
    assert "without checkpoints" in capsys.readouterr().err


def test_broken_weights_are_refused(folder, capsys):
    network = DCSFN(**{k: v for k, v in CONFIG.items() if k != "type"})
    for parameter in network.parameters():
        nn.init.constant_(parameter, float("nan"))
    save_network(network, CONFIG, "net.pth")
    photograph(folder / "a.png")
    assert restore("a.png", "-o", "out") == 2
    assert "not finite" in capsys.readouterr().err
    assert not (folder / "out").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_an_interrupt_ends_with_130_and_the_rest_follows(folder):
    for index in range(40):
        photograph(folder / "photos" / f"{index:02}.png", index, (160, 160))
    fork = Fork(lambda: restore("photos", "-o", "out"))
    while not (folder / "out").is_dir() or len(os.listdir("out")) < 3:
        time.sleep(0.02)
        assert fork.process.is_alive()
    os.kill(fork.process.pid, signal.SIGINT)
    status, _, errors = fork.wait()
    assert status == 130
    done = [name for name in os.listdir("out") if not name.startswith(".")]
    assert len(done) == len(os.listdir("out")) < 40
    assert f"{len(done)} of 40 files are restored" in errors
    assert "--skip-existing" in errors
    before = {name: os.stat(f"out/{name}").st_mtime_ns for name in done}
    assert restore("photos", "-o", "out", "--skip-existing") == 0
    assert len(os.listdir("out")) == 40
    assert all(os.stat(f"out/{name}").st_mtime_ns == time for name, time in before.items())

"""``restorekit restore`` with videos."""

import argparse
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from video_clips import make_clip, moving_scene, planes_of, read_frames

import restorekit
from restorekit.archs import DCSFN
from restorekit.checkpoints import save_network
from restorekit.cli import main
from restorekit.cli.videos import seconds

CONFIG = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_scales": 1, "num_convs": 1}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    save_network(DCSFN(**{k: v for k, v in CONFIG.items() if k != "type"}), CONFIG, "net.pth")
    return tmp_path


def restore(*arguments):
    return main(["restore", "--model", "net.pth", "--device", "cpu", *map(str, arguments)])


def test_a_clip_is_restored_beside_itself(folder, capsys):
    frames = moving_scene(6, 48, 64)
    make_clip(folder / "a.mkv", frames, pixel_format="yuv444p", sound="libopus")
    assert restore("a.mkv", "--codec", "ffv1") == 0
    assert capsys.readouterr().out == "a_restored.mkv\n"
    got, times = read_frames("a_restored.mkv")
    assert times == read_frames("a.mkv")[1]
    network = restorekit.load_restorer("net.pth", device="cpu")
    before, _ = read_frames("a.mkv")
    expected = network(before[2].to_ndarray(format="rgb24", src_colorspace=1))
    restored = got[2].to_ndarray(format="rgb24", src_colorspace=1)
    assert np.abs(restored.astype(int) - expected).mean() < 1.5
    assert np.abs(expected.astype(int) - before[2].to_ndarray(format="rgb24")).mean() > 5


def test_options_for_videos_are_applied(folder, capsys):
    make_clip(folder / "a.mp4", moving_scene(30, 64, 96), codec="libx264")
    options = ["--start", "0:00:00.2", "--end", "0.6", "--temporal", "1", "--crf", "30"]
    assert restore("a.mp4", "-o", "b.mkv", *options) == 0
    assert "Warp error" in capsys.readouterr().err
    assert len(read_frames("b.mkv")[0]) == 12
    with pytest.raises(SystemExit, match="2"):
        restore("a.mp4", "--codec", "h265")
    assert "hevc" in capsys.readouterr().err
    assert not list(folder.glob("*partial*"))


def test_strength_0_keeps_every_value(folder):
    make_clip(folder / "a.mkv", moving_scene(3, 48, 64))
    assert restore("a.mkv", "--codec", "ffv1", "--strength", "0") == 0
    for before, after in zip(
        read_frames("a.mkv")[0], read_frames("a_restored.mkv")[0], strict=True
    ):
        for first, second in zip(planes_of(before), planes_of(after), strict=True):
            np.testing.assert_array_equal(first, second)


def test_a_broken_clip_does_not_end_the_others(folder, capsys):
    (folder / "clips").mkdir()
    make_clip(folder / "clips" / "good.mkv", moving_scene(3, 48, 64))
    (folder / "clips" / "bad.mp4").write_bytes(os.urandom(2000))
    assert restore("clips", "-o", "out") == 2
    assert "bad.mp4" in capsys.readouterr().err
    assert len(read_frames("out/good.mkv")[0]) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_clip_is_finished_up_to_there(folder, number):
    make_clip(folder / "a.mp4", moving_scene(400, 96, 128), codec="libx264", sound="aac")
    command = [sys.executable, "-m", "restorekit.cli", "restore", "a.mp4", "--device", "cpu"]
    environment = {**os.environ, "PYTHONPATH": str(restorekit.__path__[0]) + "/.."}
    process = subprocess.Popen(
        [*command, "--model", "net.pth"],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    partial = folder / "a_restored.partial.mp4"
    for _ in range(600):
        # More than the header: a second of frames.
        written = partial.stat().st_size if partial.exists() else 0
        if written > 5000 or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(number)
    _, errors = process.communicate(timeout=180)
    assert process.returncode == 130, errors
    assert "a_restored.partial.mp4" in errors
    assert "--start" in errors
    assert "Traceback" not in errors
    count = len(read_frames(partial)[0])
    assert f"{count} frames" in errors
    assert 0 < count < 400


@pytest.mark.parametrize(
    ("text", "value"), [("90", 90), ("1:30", 90), ("0:01:30.5", 90.5), (".5", 0.5), ("2.", 2)]
)
def test_times(text, value):
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "a", "-1", "1:2:3:4", "1m", "1:", "nan", "1e3"])
def test_texts_that_are_no_times(text):
    with pytest.raises(argparse.ArgumentTypeError, match="1:30"):
        seconds(text)

"""Data from elsewhere: image names in LMDBs never make a writer leave its output folder."""

import json
import os
import signal
import subprocess
import sys
import time

import cv2
import lmdb
import numpy as np
import pytest

from restorekit.datasets import open_images, open_pairs, write_lmdb
from restorekit.datasets.preparation.prepare import prepare_split
from restorekit.datasets.preparation.synthesis import synthesize_pairs
from restorekit.errors import DataError
from restorekit.io.images import write_image
from restorekit.rain import RainRenderer

NAMES = ["../../../x", "/abs/x", "lq/../../../x", "..\\..\\..\\x"]


@pytest.fixture(params=NAMES)
def crafted(request, tmp_path, paired_root):
    """An LMDB of which one image has a name that leads elsewhere."""
    root, _ = paired_root
    path = tmp_path / "in/train.lmdb"
    write_lmdb(open_pairs(root, "train"), path)
    meta = json.loads((path / "meta.json").read_text())
    meta["names"][3] = request.param
    (path / "meta.json").write_text(json.dumps(meta))
    return path


@pytest.fixture
def crafted_basicsr(tmp_path, image):
    path = tmp_path / "in/basicsr.lmdb"
    path.mkdir(parents=True)
    png = cv2.imencode(".png", image(1))[1].tobytes()
    environment = lmdb.open(str(path), map_size=1 << 22)
    with environment, environment.begin(write=True) as transaction:
        transaction.put(b"../../../x", png)
    (path / "meta_info.txt").write_text("../../../x.png (24,30,3) 1\n")
    return path


def everything(folder):
    return {path for path in folder.rglob("*") if "/in/" not in f"{path}/"}


def test_synthesize_refuses_them_before_it_writes(crafted, tmp_path):
    before = everything(tmp_path)
    with pytest.raises(DataError, match="image name"):
        synthesize_pairs(crafted, tmp_path / "a/b/c", RainRenderer("rain100l"), workers=1)
    assert everything(tmp_path) == before


def test_synthesize_refuses_basicsrs_list(crafted_basicsr, tmp_path):
    before = everything(tmp_path)
    with pytest.raises(DataError, match="image name"):
        synthesize_pairs(crafted_basicsr, tmp_path / "a/b/c", RainRenderer("rain100l"), workers=1)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("mode", ["link", "copy"])
def test_prepare_refuses_them_before_it_writes(crafted, tmp_path, mode):
    before = everything(tmp_path)
    for reader in (open_pairs(crafted), open_images(crafted)):
        with pytest.raises(DataError, match="image name"):
            prepare_split(reader, tmp_path / "a/b/c", mode)
    assert everything(tmp_path) == before


def test_synthesize_does_not_follow_a_link_out_of_its_folder(tmp_path, image):
    write_image(tmp_path / "clean/sub/1.png", image(1))
    (tmp_path / "elsewhere").mkdir()
    synthesize_pairs(tmp_path / "clean", tmp_path / "out", RainRenderer("rain100l"), workers=1)
    for file in (tmp_path / "out/gt/sub").iterdir():
        file.unlink()
    (tmp_path / "out/gt/sub").rmdir()
    (tmp_path / "out/gt/sub").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="symbolic link"):
        synthesize_pairs(tmp_path / "clean", tmp_path / "out", RainRenderer("rain100l"), workers=1)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_temporary_files_of_a_killed_run_are_removed(tmp_path, image):
    write_image(tmp_path / "clean/1.png", image(1))
    arguments = (tmp_path / "clean", tmp_path / "out", RainRenderer("rain100l"))
    synthesize_pairs(*arguments, workers=1)
    leftover = tmp_path / "out/lq/.2.abcdef01.tmp.png"
    write_image(leftover, image(2))
    (tmp_path / "out/lq/1.png").unlink()
    synthesize_pairs(*arguments, workers=1)
    assert sorted(file.name for file in (tmp_path / "out/lq").iterdir()) == ["1.png"]
    # Finished pairs, a killed preparation of them, and the next one.
    reader = open_pairs(tmp_path / "out")
    prepare_split(reader, tmp_path / "prepared", "copy")
    (tmp_path / "prepared").rename(tmp_path / ".prepared.partial")
    write_image(tmp_path / ".prepared.partial/gt/.1.abcdef01.tmp.png", image(2))
    prepare_split(reader, tmp_path / "prepared", "copy")
    assert sorted(file.name for file in (tmp_path / "prepared/gt").iterdir()) == ["1.png"]


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_a_killed_synthesis_leaves_no_worker(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(60):
        pixels = rng.integers(0, 256, (200, 300, 3), dtype=np.uint8)
        write_image(tmp_path / f"clean/{number}.png", pixels)
    marker = str(tmp_path / "out")
    command = [sys.executable, "-m", "restorekit.cli", "data", "synthesize"]
    command += [str(tmp_path / "clean"), marker, "--preset", "rain100h", "--workers", "3"]
    parent = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: len(processes(marker)) >= 4)
    finally:
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    wait_for(lambda: not processes(marker))


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def processes(marker):
    """Return the processes whose command line names ``marker``."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    if marker.encode() in file.read():
                        found.append(int(entry))
            except OSError:
                continue
    return found

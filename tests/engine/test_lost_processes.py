"""Processes that are killed or stopped, and trainings that get in each other's way."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from forks import Fork

from restorekit.checkpoints.io import load_file
from restorekit.cli import main
from restorekit.engine.launch import take_restarts
from restorekit.engine.training_checkpoints import find_last_good_checkpoint

ROOT = Path(__file__).parents[2]
TINY = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_scales": 2, "num_convs": 1}


@pytest.fixture
def config_file(small_config, tmp_path):
    def write(length, **changes):
        config = small_config("unused", length=length, **{"model.network": TINY, **changes})
        config.pop("work_dir")
        config.train_cfg.val_interval = length
        config.dump(str(tmp_path / "config.py"))
        return tmp_path / "config.py"

    return write


def start(*arguments):
    return subprocess.Popen(
        [str(ROOT / "tools/dist_train.sh"), *map(str, arguments)],
        env={**os.environ, "PYTHON": sys.executable, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(path, is_alive, seconds=120):
    """Wait for a file of a process."""
    end = time.monotonic() + seconds
    while not path.exists():
        assert is_alive()
        assert time.monotonic() < end
        time.sleep(0.05)


def wait_for(path, process):
    wait_until(path, lambda: process.poll() is None)


def process_of_rank(launcher, rank):
    """Return the process id of a rank among the launcher's children."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent == launcher.pid and f"RANK={rank}".encode() in environment:
            return int(entry.name)
    raise AssertionError("no such process")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "named", "seconds"),
    # A stopped process does not answer the launcher's signal, which waits 30 s for it.
    [(signal.SIGKILL, "SIGKILL", 15), (signal.SIGSTOP, "env_cfg.dist_cfg.timeout", 75)],
)
def test_a_lost_process_is_named(config_file, tmp_path, number, named, seconds):
    config = config_file(5000, env_cfg={"dist_cfg": {"timeout": 6}})
    process = start(config, 2, "--work-dir", tmp_path / "w")
    wait_for(tmp_path / "w/iter_2.pth", process)
    os.kill(process_of_rank(process, 1), number)
    began = time.monotonic()
    _, errors = process.communicate(timeout=120)
    assert time.monotonic() - began < seconds
    last = errors.strip().splitlines()[-1]
    assert "rocess 1" in last
    assert named in last
    assert "Traceback" not in errors
    assert process.returncode in (1, 2)


@pytest.mark.slow
def test_a_training_restarts_from_its_last_checkpoint(config_file, tmp_path):
    config, work_dir = config_file(40, log_level="INFO"), tmp_path / "w"
    # One of an earlier run, further on, which is not this training's.
    work_dir.mkdir()
    (work_dir / "iter_900.pth").write_bytes(b"of another run")
    os.utime(work_dir / "iter_900.pth", (1, 1))
    process = start(config, 2, "--work-dir", work_dir, "--max-restarts", 1)
    wait_for(work_dir / "iter_10.pth", process)
    os.kill(process_of_rank(process, 1), signal.SIGKILL)
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors[-2000:]
    assert output.count("Resumed ") == 1
    (work_dir / "iter_900.pth").unlink()
    assert load_file(find_last_good_checkpoint(work_dir))["meta"]["iter"] == 40


@pytest.mark.slow
def test_a_second_training_in_a_work_folder_is_refused(config_file, tmp_path, capsys):
    config, work_dir = config_file(5000), tmp_path / "w"
    train = ["train", str(config), "--work-dir", str(work_dir)]
    first = Fork(lambda: main(train))
    try:
        wait_until(work_dir / "iter_2.pth", first.process.is_alive)
        before = sorted(path.name for path in work_dir.iterdir() if path.is_dir())
        assert main(train) == 2
        captured = capsys.readouterr()
        assert f"process {first.process.pid} on" in captured.err
        assert captured.err.count("\n") == 1
        assert captured.out == ""
        assert sorted(path.name for path in work_dir.iterdir() if path.is_dir()) == before
    finally:
        first.process.kill()
        first.wait()
    # A killed training leaves no lock behind.
    short = ["--cfg-options", "train_cfg.max_iters=2", "train_cfg.val_interval=2"]
    assert main([*train, *short]) == 0


@pytest.mark.parametrize("after", [0.05, 0.6])
def test_an_interrupt_of_the_launcher_is_no_other_error(config_file, after):
    process = start(config_file(5000), 1)
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    # Before Python has started, the shell's default applies.
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in errors


def test_restarts_are_taken_out_of_the_arguments():
    start = ["--standalone", "-m", "restorekit.cli", "train", "c.py"]
    assert take_restarts(start) == (start, "0")
    assert take_restarts([*start, "--max-restarts", "3", "--seed", "1"]) == (
        [*start, "--seed", "1"],
        "3",
    )
    assert take_restarts([*start, "--max-restarts=2"]) == (start, "2")
    assert take_restarts([*start, "--max-restarts"]) == (start, "")


@pytest.mark.parametrize(
    "options",
    [
        ["--data-root", "/nowhere"],
        ["--cfg-options", "model.network.channels=nothing"],
        ["--cfg-options", "optim_wrapper.optimizer.lr=-1"],
        ["--cfg-options", "train_dataloader.dataset.split=elsewhere"],
        ["--load-from", "nothing.pth"],
    ],
)
def test_mistakes_come_before_any_other_output(config_file, tmp_path, capfd, options):
    arguments = ["train", str(config_file(2)), "--work-dir", str(tmp_path / "w")]
    assert main([*arguments, *options]) == 2
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("restorekit train: ")


def test_what_was_held_back_is_shown_once_training_begins(config_file, tmp_path, capfd):
    config = config_file(2, log_level="INFO")
    assert main(["train", str(config), "--work-dir", str(tmp_path / "w")]) == 0
    captured = capfd.readouterr()
    shown = captured.out + captured.err
    assert "Checkpoints will be saved" in shown
    assert "Iter(train) [2/2]" in shown
    # Its two hundred lines on environment, config and hooks are in the file.
    assert "System environment:" not in shown
    (log,) = (tmp_path / "w").glob("*/*.log")
    assert log.read_text().count("System environment:") == 1

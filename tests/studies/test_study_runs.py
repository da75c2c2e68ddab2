"""What `study run` does and leaves undone. Training and testing are played, except where slow."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from forks import Fork

from restorekit.certificate import read_certificate
from restorekit.cli.main import main
from restorekit.errors import ConfigError
from restorekit.evaluation.results import build_results, read_results, write_results
from restorekit.io.files import sha256
from restorekit.studies import read_study
from restorekit.studies import run as running
from restorekit.studies.claims import claim, holder
from restorekit.studies.run import plan, run_study
from restorekit.studies.slurm import slurm_script
from restorekit.studies.status import status_of

STEPS = 4
CONTENT = {
    "title": "Small networks",
    "seeds": [0, 1],
    "runs": {
        "narrow": {"config": "small.py", "label": "Narrow"},
        "wide": {"config": "small.py", "overrides": {"model.network.channels": 3}},
    },
    "tables": {
        "widths": {
            "title": "Widths",
            "columns": ["rain200h"],
            "test_sets": {"rain200h": "own"},
            "protocol": "rgb_float",
            "measures": ["psnr", "ssim"],
            "rows": [{"label": "Narrow", "runs": "narrow"}, {"label": "Wide", "runs": "wide"}],
        },
        "narrow": {
            "title": "One",
            "columns": ["rain200h"],
            "test_sets": {"rain200h": "own"},
            "protocol": "rgb_u8",
            "measures": ["psnr"],
            "rows": [{"label": "Narrow", "runs": "narrow"}],
        },
    },
    "figures": {
        "worst": {"title": "W", "kind": "failures", "runs": ["wide"], "test_set": "own"},
    },
}


@pytest.fixture
def file(tmp_path, small_config):
    """Return a study file, beside the config of its runs."""
    config = small_config("unused", length=STEPS)
    config.model.network = {"type": "DCSFN", "channels": 2, "num_units": 1, "num_convs": 1}
    config.custom_hooks = [{"type": "MetricHistoryHook"}]
    for key in ("work_dir", "experiment_name"):
        config.pop(key)
    config.dump(str(tmp_path / "small.py"))
    path = tmp_path / "widths.yml"
    path.write_text(yaml.safe_dump(CONTENT, sort_keys=False))
    return path


class Played:
    """In place of the processes: writes what they would, and notes what was called."""

    def __init__(self):
        self.called = []
        self.fail = {}

    def __call__(self, command, log, lock):
        self.called.append(command)
        name = command[command.index("restorekit.cli") + 1]
        config, work_dir = Path(command[4]), Path(command[command.index("--work-dir") + 1])
        problem = self.fail.get((config.parent.name, name))
        if isinstance(problem, BaseException):
            raise problem
        if problem:
            return problem
        work_dir.mkdir(parents=True, exist_ok=True)
        if name == "train":
            (work_dir / f"iter_{STEPS}.pth").write_bytes(os.urandom(8))
            return None
        protocols = [command[i + 1] for i, word in enumerate(command) if word == "--protocol"]
        values = {"psnr": {"a": 20.0, "b": 22.0}, "ssim": {"a": 0.5, "b": 0.7}}
        results = build_results(
            "method",
            {"name": "images", "fingerprint": "f", "num_images": 2},
            dict.fromkeys(protocols, values),
            config=config,
            checkpoint=command[5],
            seed=int(config.stem.removeprefix("seed_")),
        )
        write_results(command[command.index("--out") + 1], results)
        if "--save-dir" in command:
            image = Path(command[command.index("--save-dir") + 1]) / "a.png"
            image.parent.mkdir(parents=True, exist_ok=True)
            image.touch()
        return None

    def names(self):
        """Return run, seed and command of each call."""
        return [(Path(one[4]).parent.name, Path(one[4]).stem[5:], one[3]) for one in self.called]


@pytest.fixture
def played(monkeypatch):
    double = Played()
    monkeypatch.setattr(running, "run_logged", double)
    return double


@pytest.fixture
def make(file, tmp_path):
    """Return a function that plans the study, with the given changes."""

    def planned(**options):
        return plan(read_study(file), tmp_path / "runs", **options)

    return planned


def run(planned):
    lines = []
    outcome = run_study(planned, report=lines.append)
    return outcome, lines


def test_first_seeds_come_first_and_nothing_is_done_twice(make, played):
    outcome, lines = run(make())
    order = [("narrow", "0"), ("wide", "0"), ("narrow", "1"), ("wide", "1")]
    assert played.names() == [(*one, what) for one in order for what in ("train", "test")]
    assert len(outcome.done) == 4
    assert any("psnr/rgb_float 21" in line for line in lines)
    # Both tables in one test.
    test = played.called[1]
    assert [test[i + 1] for i, word in enumerate(test) if word == "--protocol"] == [
        "rgb_float",
        "rgb_u8",
    ]
    assert "--save-dir" in played.called[3]
    assert "--save-dir" not in test
    played.called.clear()
    outcome, _ = run(make())
    assert not played.called
    assert len(outcome.found) == 4


def test_what_is_needed_for_a_part_is_done_and_the_rest_is_left(make, played):
    run(make(parts=["narrow"], seeds=[5]))
    assert played.names() == [("narrow", "5", "train"), ("narrow", "5", "test")]
    # A seed that was begun belongs to the study from now on.
    assert [str(one.job) for one in make(runs=["narrow"])] == [
        f"narrow, seed {seed}" for seed in (0, 1, 5)
    ]


def test_configs_are_complete_and_labelled(make, played):
    run(make(seeds=[4]))
    from mmengine.config import Config

    narrow, wide = (Config.fromfile(str(one.job.config)) for one in make(seeds=[4]))
    assert (narrow.method, narrow.randomness.seed) == ("Narrow", 4)
    assert "method" not in wide
    assert (narrow.model.network.channels, wide.model.network.channels) == (2, 3)


def test_results_of_another_checkpoint_config_or_seed_do_not_count(make, played):
    (one, *_) = make(parts=["narrow"])
    run([one])
    file = one.job.results("own")
    assert one.is_done
    good = file.read_bytes()

    one.checkpoint.write_bytes(b"trained again")
    os.utime(one.checkpoint, (time.time() + 5,) * 2)
    assert [test.test_set for test in one.left] == ["own"]
    one.checkpoint.unlink()  # to save room
    assert one.is_done

    write_results(file, build_changed(read_results(file), seed=9))
    assert not one.is_done
    file.write_bytes(good)
    with one.job.config.open("a") as config:
        config.write("# changed\n")
    assert not one.is_done
    file.write_bytes(b"{}")
    assert not one.is_done


def build_changed(results, **changes):
    from msgspec.structs import replace

    return replace(results, **changes)


def test_a_changed_config_is_refused_with_the_key(make, played, file, tmp_path):
    run(make())
    text = (tmp_path / "small.py").read_text()
    (tmp_path / "small.py").write_text(text.replace("lr=0.01", "lr=0.02"))
    with pytest.raises(ConfigError) as caught:
        run(make())
    for part in ("narrow, seed 0", "optim_wrapper.optimizer.lr 0.01 → 0.02", "narrow"):
        assert part in str(caught.value)
    assert {status_of(one).state for one in make()} == {"changed"}
    # Where the data lies and how fast it is read does not change what is trained.
    moved = text.replace("num_workers=0", "num_workers=1").replace("data_root='", "data_root='/x")
    (tmp_path / "small.py").write_text(moved)
    assert {status_of(one).state for one in make()} == {"done"}


def test_a_failure_is_reported_and_the_others_continue(file, tmp_path, played, capsys):
    played.fail["narrow", "train"] = "out of luck"
    command = ["study", "run", str(file), "--work-dir", str(tmp_path / "runs"), "--seeds", "0"]
    assert main(command) == 2
    out, err = capsys.readouterr()
    assert "wide, seed 0: tested on 2 images" in out
    assert "narrow, seed 0" in err
    assert "out of luck" in err
    assert "seed_0.log" in err
    assert main(["study", "status", *command[2:]]) == 0
    shown = capsys.readouterr().out
    assert "failed at iteration 0 of 4: out of luck" in shown
    assert "1 of 2 runs are done" in shown
    played.fail.clear()
    assert main(command) == 0
    assert not (tmp_path / "runs/widths/full/narrow/seed_0.failed").exists()


def test_an_interrupt_gives_130_and_the_next_call_continues(file, tmp_path, played, capsys):
    played.fail["wide", "test"] = KeyboardInterrupt()
    command = ["study", "run", str(file), "--work-dir", str(tmp_path / "runs"), "--seeds", "0"]
    assert main(command) == 130
    assert main(["study", "status", *command[2:]]) == 0
    assert "to test" in capsys.readouterr().out
    played.fail.clear()
    played.called.clear()
    assert main(command) == 0
    assert played.names() == [("wide", "0", "test")]


def test_a_run_of_another_process_is_left_to_it(make, played):
    first, *_ = make(seeds=[0])
    # flock() holds against other descriptors of the same process, too.
    with claim(first.job.lock) as lock:
        assert lock is not None
        outcome, _ = run(make(seeds=[0]))
        assert [job.run.name for job in outcome.elsewhere] == ["narrow"]
        assert [job.run.name for job in outcome.done] == ["wide"]
        assert status_of(first).state == "running"
        assert str(os.getpid()) in holder(first.job.lock)
    outcome, _ = run(make(seeds=[0]))
    assert [job.run.name for job in outcome.done] == ["narrow"]


def test_a_killed_process_leaves_no_lock_unless_its_training_lives(tmp_path):
    lock = tmp_path / "lock"
    code = (
        "import subprocess, sys, time; from pathlib import Path\n"
        "from restorekit.studies.claims import claim\n"
        f"with claim(Path({str(lock)!r})) as handle:\n"
        "    child = subprocess.Popen(['sleep', '60'], pass_fds=[handle], stdout=-3)\n"
        "    print(child.pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    try:
        parent.kill()
        parent.wait()
        assert holder(lock) == f"process {parent.pid} on {os.uname().nodename}"
    finally:
        os.kill(child, signal.SIGKILL)
        parent.stdout.close()
    limit = time.monotonic() + 10
    while holder(lock) and time.monotonic() < limit:
        time.sleep(0.05)
    assert holder(lock) is None


def test_the_slurm_array_has_a_task_for_each_run_that_is_left(file, tmp_path, played, make):
    run(make(seeds=[0], runs=["narrow"]))
    study = read_study(file)
    script = slurm_script(study, make(), 2, str(tmp_path / "runs"))
    assert "#SBATCH --array=0-2\n" in script
    assert "#SBATCH --gres=gpu:2\n" in script
    echoed = script.replace("exec restorekit", "echo restorekit")
    lines = [
        subprocess.run(
            ["bash", "-euc", echoed],
            env={**os.environ, "SLURM_ARRAY_TASK_ID": str(index)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for index in range(3)
    ]
    chosen = [(line[line.index("--run") + 1], line[-1]) for line in lines]
    assert chosen == [("wide", "0"), ("narrow", "1"), ("wide", "1")]
    assert lines[0][:4] == ["restorekit", "study", "run", str(file)]
    run(make())
    assert "#SBATCH" not in slurm_script(study, make(), 2)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["widths/tabel"], ["'tabel'", "widths, narrow, worst"]),
        (["widths", "--run", "wid"], ["--run wid", "'wide'"]),
        (["widths", "--seeds", "-1"], ["--seeds -1"]),
        (["widths", "--nproc", "0"], ["--nproc 0"]),
        (["widths", "--scale", "smal"], ["'smal'", "full"]),
        (["widht"], ["'widht'", "'widths'"]),
    ],
)
def test_wrong_arguments_are_refused(file, words, parts, monkeypatch, capsys, played):
    monkeypatch.setenv("RESTOREKIT_STUDIES", str(file))
    assert main(["study", "run", *words]) == 2
    err = capsys.readouterr().err
    for part in parts:
        assert part in err
    assert not played.called


def test_a_missing_config_and_an_impossible_override_are_named(file, tmp_path):
    content = yaml.safe_load(file.read_text())
    content["runs"]["wide"]["overrides"] = {"model.network.chanels": 3}
    file.write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError, match=r"widths.yml: runs.wide: .*chanels.*'channels'"):
        plan(read_study(file), tmp_path)
    content["runs"]["wide"] = {"config": "smalll.py"}
    file.write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError, match=r"runs.wide: smalll.py"):
        plan(read_study(file), tmp_path)


def test_studies_are_listed(file, monkeypatch, capsys):
    monkeypatch.setenv("RESTOREKIT_STUDIES", str(file.parent))
    assert main(["study", "list"]) == 0
    out = capsys.readouterr().out
    assert "Small networks" in out
    assert "full, small" in out  # of the DCSFN study


def test_several_processes_are_started_by_the_launcher(file, tmp_path, monkeypatch):
    called = []
    monkeypatch.setattr(running, "run_logged", lambda command, *_: called.append(command) or "no")
    command = ["study", "run", f"{file}/narrow", "--work-dir", str(tmp_path / "runs")]
    assert main([*command, "--seeds", "0", "--nproc", "3"]) == 2
    (words,) = called
    assert words[words.index("--nproc-per-node") + 1] == "3"
    assert words[words.index("restorekit.cli") + 1] == "train"
    assert words[-2:] == ["--launcher", "pytorch"]


@pytest.mark.slow
def test_two_processes_train_and_test_a_run(file, tmp_path):
    command = [sys.executable, "-m", "restorekit.cli", "study", "run", f"{file}/narrow"]
    command += ["--work-dir", str(tmp_path / "runs"), "--seeds", "0", "--nproc", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(command, env=environment, check=True)
    folder = tmp_path / "runs/widths/full/narrow/seed_0"
    assert read_certificate(folder).legs[0].processes == 2
    assert read_results(folder / "tests/own/results.json").settings["processes"] == 2


@pytest.mark.slow
def test_an_interrupted_training_is_resumed_and_two_processes_share_the_runs(
    file, tmp_path, capsys
):
    text = (tmp_path / "small.py").read_text()
    text = text.replace("max_iters=4", "max_iters=40").replace("val_interval=2", "val_interval=40")
    (tmp_path / "small.py").write_text(text.replace("WARNING", "INFO"))
    root = tmp_path / "runs"
    command = ["study", "run", f"{file}/widths", "--work-dir", str(root), "--seeds", "0"]
    first = Fork(lambda: main(command))
    half = root / "widths/full/narrow/seed_0/iter_2.pth"
    limit = time.monotonic() + 120
    while not half.exists() and time.monotonic() < limit:
        time.sleep(0.01)
    os.kill(first.process.pid, signal.SIGINT)
    assert first.wait().returncode == 130
    assert not half.with_name("iter_40.pth").exists()
    both = [Fork(lambda: main(command)) for _ in range(2)]
    assert [one.wait(200).returncode for one in both] == [0, 0]
    assert "Resumed" in half.parent.with_suffix(".log").read_text()
    for name in ("narrow", "wide"):
        base = root / "widths/full" / name
        results = read_results(base / "seed_0/tests/own/results.json")
        assert results.config.sha256 == sha256(base / "seed_0.py")
        assert results.checkpoint.sha256 == sha256(base / "seed_0/iter_40.pth")
        assert {"psnr/rgb_float", "ssim/rgb_float"} <= results.measures.keys()
        calls = [one for one in (base / "seed_0.log").read_text().splitlines() if one[:2] == "$ "]
        assert sum(" test " in call for call in calls) == 1
    assert main(command) == 0
    assert "2 done before, of 2" in capsys.readouterr().out

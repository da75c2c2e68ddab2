"""The certificate of a training, and trainings that are repeated from it."""

import json

import cv2
import pytest
import torch
from forks import Fork, run_on_two_ranks

from restorekit.certificate import read_certificate
from restorekit.certificate.weights import weights_digest
from restorekit.checkpoints.io import load_file
from restorekit.cli.main import main
from restorekit.engine.runner import Runner
from restorekit.io.files import sha256
from restorekit.io.fingerprint import dataset_fingerprint, image_digest
from restorekit.io.images import read_image


@pytest.fixture
def small_config(small_config):
    """Return the function of that name, whose configs draw no curves and validate once."""

    def make(work_dir, **changes):
        config = small_config(work_dir, **changes)
        config.custom_hooks = [{"type": "EMAHook"}]
        config.train_cfg.val_interval = 6
        return config

    return make


@pytest.fixture
def trained(small_config, train, tmp_path):
    """Return the work folder of a small training."""
    train(small_config("run"))
    return tmp_path / "run"


def edit(folder, change):
    """Change the parsed certificate of a run."""
    file = folder / "run.json"
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def weights(folder):
    return load_file(folder / "iter_6.pth")["state_dict"]


def lines(output, start):
    return [line for line in output.splitlines() if line.startswith(start)]


def test_certificate_records_what_the_training_depends_on(trained, tmp_path):
    certificate = read_certificate(trained)
    assert certificate.seed == 3
    assert certificate.config["optim_wrapper"]["optimizer"]["lr"] == 1e-2
    (leg,) = certificate.legs
    assert (leg.first, leg.last, leg.processes) == (0, 6, 1)
    assert leg.threads == torch.get_num_threads()
    assert leg.environment["torch"] == torch.__version__
    assert {"mmcv", "mmengine", "numpy", "opencv", "python", "cpu"} <= leg.environment.keys()
    assert certificate.outcome.checkpoint == "iter_6.pth"
    assert certificate.outcome.weights == weights_digest(weights(trained))
    for sets, split, count in (
        (certificate.training, "train", 7),
        (certificate.validation, "test", 3),
    ):
        folder = tmp_path / "data" / split
        names = [f"{number:03d}" for number in range(count)]
        digests = [
            image_digest(*(read_image(folder / kind / f"{name}.png") for kind in ("lq", "gt")))
            for name in names
        ]
        (found,) = sets
        assert found.fingerprint == dataset_fingerprint(digests)
        assert found.images == {
            name: digest[:16] for name, digest in zip(names, digests, strict=True)
        }


def test_certificate_is_there_before_the_first_step(small_config):
    runner = Runner.from_cfg(small_config("run"))

    def stop(*_, **__):
        raise KeyboardInterrupt

    runner.train_loop.run_iter = stop
    with pytest.raises(KeyboardInterrupt):
        runner.train()
    certificate = read_certificate(runner.work_dir)
    assert certificate.outcome is None
    assert certificate.legs[0].last is None


def test_reproduced_weights_are_the_same_bit_for_bit(trained, tmp_path, capsys):
    # Checkpoints have the average of the weights, and their training drops values at random.
    assert main(["reproduce", str(trained)]) == 0
    assert "bit for bit" in capsys.readouterr().out
    again = weights(tmp_path / "run_again")
    for name, tensor in weights(trained).items():
        assert torch.equal(tensor, again[name]), name
    # The folder is not overwritten.
    assert main(["reproduce", str(trained)]) == 2
    assert "run_again" in capsys.readouterr().err


def test_check_trains_nothing(trained, tmp_path, capsys):
    assert main(["reproduce", str(trained / "run.json"), "--check"]) == 0
    assert not (tmp_path / "run_again").exists()
    assert not lines(capsys.readouterr().out, "warning")


def test_changed_image_is_refused_with_its_name(trained, tmp_path, capsys):
    file = tmp_path / "data/train/gt/004.png"
    image = cv2.imread(str(file))
    image[0, 0, 0] ^= 1
    cv2.imwrite(str(file), image)
    assert main(["reproduce", str(trained), "--check"]) == 2
    streams = capsys.readouterr()
    assert "004" in streams.err
    assert len(lines(streams.out, "refused")) == 1
    assert main(["reproduce", str(trained)]) == 2
    assert not (tmp_path / "run_again").exists()


def test_compressed_again_without_loss_is_the_same_image(trained, tmp_path):
    file = tmp_path / "data/train/gt/004.png"
    before = file.read_bytes()
    cv2.imwrite(str(file), cv2.imread(str(file)), [cv2.IMWRITE_PNG_COMPRESSION, 0])
    assert file.read_bytes() != before
    assert main(["reproduce", str(trained), "--check"]) == 0


def test_missing_data_are_refused_with_their_folder(trained, tmp_path, capsys):
    (tmp_path / "data/train").rename(tmp_path / "data/elsewhere")
    assert main(["reproduce", str(trained), "--check"]) == 2
    assert str(tmp_path / "data") in capsys.readouterr().err


@pytest.mark.parametrize("in_config", [False, True])
def test_other_seed_in_the_certificate_is_noticed(trained, capsys, in_config):
    def change(content):
        content["seed"] = 4
        if in_config:
            content["config"]["randomness"]["seed"] = 4

    edit(trained, change)
    assert main(["reproduce", str(trained), "--check"]) == 2
    assert "seed" in capsys.readouterr().err


def test_other_seed_everywhere_gives_other_weights_and_status_1(trained, tmp_path, capsys):
    def change(content):
        content["seed"] = content["config"]["randomness"]["seed"] = 4

    edit(trained, change)
    checkpoint = load_file(trained / "iter_6.pth")
    checkpoint["meta"]["seed"] = 4
    torch.save(checkpoint, trained / "iter_6.pth")
    with pytest.raises(SystemExit) as ended:
        main(["reproduce", str(trained)])
    assert ended.value.code == 1
    before, after = weights(trained), weights(tmp_path / "run_again")
    largest = max(float((before[name] - after[name]).abs().max()) for name in before)
    assert f"at most {largest:.3g}" in capsys.readouterr().out


def test_other_versions_are_warned_of(trained, capsys):
    def change(content):
        content["legs"][-1]["environment"]["torch"] = "1.0.0"

    edit(trained, change)
    assert main(["reproduce", str(trained), "--check"]) == 0
    (warning,) = lines(capsys.readouterr().out, "warning")
    assert "1.0.0" in warning
    assert torch.__version__ in warning


def test_starting_weights_are_recorded_and_compared(small_config, train, trained, tmp_path, capsys):
    start = trained / "iter_6.pth"
    train(small_config("tuned", load_from=str(start)))
    tuned = tmp_path / "tuned"
    assert read_certificate(tuned).start.sha256 == sha256(start)
    assert main(["reproduce", str(tuned)]) == 0
    content = load_file(start)
    content["state_dict"]["network.layers.0.bias"] += 1
    torch.save(content, start)
    assert main(["reproduce", str(tuned), "--check"]) == 2
    assert "iter_6.pth" in capsys.readouterr().err


def test_resumed_training_has_legs_and_is_reproduced_as_one(small_config, train, tmp_path, capsys):
    part = small_config("run")
    part.train_cfg.max_iters = 4
    train(part)
    train(small_config("run", resume=True))
    run = tmp_path / "run"
    legs = read_certificate(run).legs
    assert [(leg.first, leg.last) for leg in legs] == [(0, 4), (4, 6)]
    assert legs[1].resumed_from == "iter_4.pth"
    assert legs[1].changes == ["train_cfg.max_iters 4 → 6"]
    assert main(["reproduce", str(run)]) == 0
    assert "bit for bit" in capsys.readouterr().out
    # A resume that finds nothing to do adds nothing.
    train(small_config("run", resume=True))
    assert read_certificate(run).legs == legs


def test_interrupted_training_is_refused(trained, capsys):
    edit(trained, lambda content: content.pop("outcome"))
    assert main(["reproduce", str(trained), "--check"]) == 2
    assert "--resume" in capsys.readouterr().err


def test_folder_without_certificate_is_one_sentence(tmp_path, capsys):
    assert main(["reproduce", str(tmp_path)]) == 2
    assert "run.json" in capsys.readouterr().err


PLUGIN = """
from torch import nn
from restorekit.registry import MODELS

@MODELS.register_module(force=True)
class CertifiedNet(nn.Conv2d):
    def __init__(self):
        super().__init__(3, 3, 3, padding=1)
"""


@pytest.mark.slow
def test_two_processes_and_a_plugin(small_config, tmp_path, monkeypatch):
    config = small_config("unused", **{"model.network": {"type": "CertifiedNet"}})
    for key in ("work_dir", "experiment_name"):
        config.pop(key)
    config.dump(str(tmp_path / "config.py"))
    plugin = tmp_path / "plugin.py"
    plugin.write_text(PLUGIN)
    monkeypatch.chdir(tmp_path)

    # In forks: a process keeps the plugins that it has loaded.
    def run(*command):
        return Fork(lambda: main(["reproduce", "work_dirs/config", *command])).wait(240)

    train = ["train", "config.py", "--plugin", str(plugin), "--launcher", "pytorch"]
    outcomes = run_on_two_ranks(lambda: main(train))
    assert [one.returncode for one in outcomes] == [0, 0], outcomes
    certificate = read_certificate(tmp_path / "work_dirs/config")
    assert certificate.legs[0].processes == 2
    (recorded,) = certificate.plugins
    assert (recorded.path, recorded.sha256) == ("plugin.py", sha256(plugin))
    done = run("--work-dir", "again")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "bit for bit" in done.stdout
    plugin.write_text(PLUGIN + "\n# changed\n")
    done = run("--check")
    assert done.returncode == 0
    assert "plugin.py" in lines(done.stdout, "warning")[0]
    plugin.unlink()
    assert run("--check").returncode == 2


@pytest.mark.slow
def test_loaders_with_workers_are_forked_after_the_check(small_config, tmp_path):
    tiny = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_scales": 2, "num_convs": 1}
    config = small_config("unused", num_workers=2, **{"model.network": tiny})
    for key in ("work_dir", "experiment_name"):
        config.pop(key)
    config.dump(str(tmp_path / "config.py"))
    for command in (["train", "config.py"], ["reproduce", "work_dirs/config"]):
        done = Fork(lambda command=command: main(command), tmp_path).wait()
        assert done.returncode == 0, done.stderr[-2000:]
    assert "bit for bit" in done.stdout

"""`restorekit train --data PAIRS` writes a config, shows it and uses it."""

import shlex
from argparse import Namespace

import pytest
import torch
from mmengine.config import Config

from restorekit.cli import main
from restorekit.cli.train import _what_next
from restorekit.datasets import open_pairs
from restorekit.engine.config import load_config
from restorekit.engine.training_checkpoints import read_training_checkpoint
from restorekit.engine.validate import check_config
from restorekit.registry import MODELS
from restorekit.scaffold.training import write_training_config

SMALL = [
    "--cfg-options",
    "model.network.channels=4",
    "train_dataloader.num_workers=0",
    "train_dataloader.persistent_workers=False",
    "train_dataloader.total_batch_size=2",
]


@pytest.fixture
def folder(tmp_path, pair_folder, monkeypatch):
    pair_folder(tmp_path / "mine", count=6, size=(70, 40))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_training_from_pairs_alone(folder, capsys):
    assert main(["train", "--data", "mine", "--iters", "2", *SMALL]) == 0
    written = folder / "work_dirs/mine.py"
    assert written.read_text() in capsys.readouterr().err
    meta = read_training_checkpoint(folder / "work_dirs/mine/iter_2.pth")["meta"]
    assert meta["network"]["type"] == "NAFNet"
    # What somebody has changed is kept.
    changed = written.read_text().replace("lr=1e-3", "lr=5e-4")
    written.write_text(changed)
    assert main(["train", "--data", "mine", "--iters", "2", "--resume", *SMALL]) == 0
    assert written.read_text() == changed
    assert "exists already" in capsys.readouterr().err


def test_the_end_names_the_command_that_tests(folder, pair_folder, capsys):
    pair_folder(folder / "split/train", count=4, size=(40, 40))
    pair_folder(folder / "split/test", count=1, size=(40, 40), seed=1)
    assert main(["train", "--data", "split", "--iters", "2", *SMALL]) == 0
    command = shlex.split(capsys.readouterr().out.splitlines()[-1])
    assert command[0] == "restorekit"
    # The network has the channels of --cfg-options.
    assert main(command[1:]) == 0
    assert (folder / "work_dirs/split/results.json").is_file()


@pytest.mark.parametrize(
    ("work_dir", "config"), [("work_dirs/mine", "mine.py"), ("runs/mine", "runs/mine/mine.py")]
)
def test_that_command_writes_its_results_into_the_work_folder(work_dir, config):
    args = Namespace(config="mine.py", cfg_options=None, data_root=None, plugin=[])
    said = _what_next(args, Config({"work_dir": work_dir, "test_dataloader": {}}))
    # The copy of the config in the work folder names that folder.
    assert said.splitlines()[-1].split() == ["restorekit", "test", config, work_dir]


def test_the_average_follows_a_short_training(folder):
    write_training_config("mine", folder / "short.py", iters=50)
    hooks = load_config(folder / "short.py").custom_hooks
    (average,) = [dict(hook) for hook in hooks if hook["type"] == "EMAHook"]
    network = torch.nn.Linear(1, 1, bias=False)
    averaged = MODELS.build(
        {
            "type": average["ema_type"],
            "model": network,
            **{key: average[key] for key in ("momentum", "gamma", "interval")},
        }
    )
    for number in range(1, 51):
        network.weight.data.fill_(number)
        averaged.update_parameters(network)
    # Of the numbers 1 to 50, the mean of the last fifth is 45.5.
    assert averaged.module.weight.item() == pytest.approx(42, abs=4)


def test_a_config_that_is_there_keeps_its_number_of_iterations(folder, capsys):
    written = folder / "work_dirs/mine.py"
    written.parent.mkdir()
    write_training_config("mine", written)
    assert main(["train", "--data", "mine", "--iters", "2"]) == 2
    error = "work_dirs/mine.py trains for 20000 iterations, not for --iters 2"
    assert error in capsys.readouterr().err


def test_what_is_written_fits_the_data(folder, pair_folder):
    write_training_config("mine", folder / "whole.py")
    config = load_config(folder / "whole.py")
    check_config(config)
    # The smallest side is 40, and patches are of a multiple of 16.
    assert config.train_dataloader.dataset.pipeline[0].patch_size == 32
    assert config.get("test_dataloader") is None
    pair_folder(folder / "split/train", count=41, size=(200, 150))
    pair_folder(folder / "split/test", count=2, size=(50, 60), seed=1)
    write_training_config("split", folder / "split.py")
    config = load_config(folder / "split.py")
    check_config(config)
    assert config.train_dataloader.dataset.pipeline[0].patch_size == 128
    assert config.val_dataloader.dataset.subset["size"] == 0.05
    test = config.test_dataloader.dataset
    assert len(open_pairs(test.data_root, test.split)) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--data"),
        (["config.py", "--data", "mine"], "--data"),
        (["--data", "nowhere"], "nowhere"),
        (["--data", "three"], "at least 4"),
        (["--data", "tiny"], "16"),
        (["--data", "mine", "--launcher", "pytorch"], "one process"),
        (["--data", "mine", "--iters", "0"], "--iters is 0"),
        (["config.py", "--iters", "9"], "train_cfg.max_iters=9"),
    ],
)
def test_a_wrong_call_is_one_sentence(arguments, said, folder, pair_folder, capsys):
    pair_folder(folder / "three", count=3, size=(40, 40))
    pair_folder(folder / "tiny", count=5, size=(12, 40))
    assert main(["train", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (folder / "work_dirs").exists()

"""`restorekit train --data PAIRS` writes a config, shows it and uses it."""

import pytest

from restorekit.cli import main
from restorekit.datasets import open_pairs
from restorekit.engine.config import load_config
from restorekit.engine.runner import read_training_checkpoint
from restorekit.engine.validate import check_config
from restorekit.scaffold.training import write_training_config

SMALL = [
    "--cfg-options",
    "model.network.channels=4",
    "train_cfg.max_iters=2",
    "train_cfg.val_interval=2",
    "train_dataloader.num_workers=0",
    "train_dataloader.persistent_workers=False",
    "train_dataloader.total_batch_size=2",
    "param_scheduler=[]",
    "default_hooks.checkpoint.interval=2",
]


@pytest.fixture
def folder(tmp_path, pair_folder, monkeypatch):
    pair_folder(tmp_path / "mine", count=6, size=(70, 40))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_training_from_pairs_alone(folder, capsys):
    assert main(["train", "--data", "mine", *SMALL]) == 0
    written = folder / "work_dirs/mine.py"
    assert written.read_text() in capsys.readouterr().err
    meta = read_training_checkpoint(folder / "work_dirs/mine/iter_2.pth")["meta"]
    assert meta["network"]["type"] == "NAFNet"
    # What somebody has changed is kept.
    changed = written.read_text().replace("lr=1e-3", "lr=5e-4")
    written.write_text(changed)
    assert main(["train", "--data", "mine", "--resume", *SMALL]) == 0
    assert written.read_text() == changed
    assert "exists already" in capsys.readouterr().err


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

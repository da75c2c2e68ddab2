"""A training that leaves out what it shares with its validation and test images."""

import hashlib
import os

import pytest
from forks import run_on_two_ranks

from restorekit.cli import main
from restorekit.datasets import PairedDataset
from restorekit.engine.runner import Runner
from restorekit.engine.training_checkpoints import read_training_checkpoint
from restorekit.errors import ConfigError
from restorekit.io.images import read_image, write_image


@pytest.fixture
def config(small_config, tmp_path):
    """A small training whose test image 001 shows what train image 003 does."""
    for kind in ("lq", "gt"):
        image = read_image(tmp_path / "data/train" / kind / "003.png")
        write_image(tmp_path / "data/test" / kind / "001.png", image[2:38, 1:41].copy())
    return small_config("work", length=2, custom_hooks=[{"type": "LeakWarningHook"}])


#: The names of the training images without the leak.
LEFT = ["000", "001", "002", "004", "005", "006"]


def note_names(monkeypatch, folder):
    """Let a training write the names of its images to a file, once a rank."""
    build = Runner.build_train_loop

    def noting(self, loop):
        built = build(self, loop)
        names = "\n".join(built.dataloader.dataset.names)
        (folder / f"names-{os.environ.get('RANK', 0)}.txt").write_text(names)
        return built

    monkeypatch.setattr(Runner, "build_train_loop", noting)


def names_listed(file):
    lines = file.read_text().splitlines()
    assert lines[0].startswith("# ")
    return lines[1:]


def test_the_command_leaves_leaks_out_and_says_which(config, tmp_path, monkeypatch):
    path = tmp_path / "config.py"
    config.dump(path)
    note_names(monkeypatch, tmp_path)
    assert main(["train", str(path), "--exclude-leaks"]) == 0
    assert (tmp_path / "names-0.txt").read_text().split() == LEFT
    listed = tmp_path / "work/leaks.txt"
    assert names_listed(listed) == ["003"]
    assert len(PairedDataset(tmp_path / "data", "train", exclude=listed)) == 6
    meta = read_training_checkpoint(tmp_path / "work/iter_2.pth")["meta"]
    (record,) = meta["excluded_leaks"]
    assert (record["file"], record["images"]) == ("leaks.txt", 1)
    assert record["sha256"] == hashlib.sha256(listed.read_bytes()).hexdigest()
    # Nothing is left to warn of.
    assert "leaks" not in meta


@pytest.mark.slow
def test_two_processes_leave_out_the_same(config, tmp_path, monkeypatch):
    path = tmp_path / "config.py"
    config.dump(path)
    note_names(monkeypatch, tmp_path)
    arguments = ["train", str(path), "--exclude-leaks", "--launcher", "pytorch"]
    outcomes = run_on_two_ranks(lambda: main(arguments))
    assert [one.returncode for one in outcomes] == [0, 0], outcomes
    for rank in range(2):
        assert (tmp_path / f"names-{rank}.txt").read_text().split() == LEFT
    (record,) = read_training_checkpoint(tmp_path / "work/iter_2.pth")["meta"]["excluded_leaks"]
    assert record["images"] == 1


def test_names_that_were_excluded_before_stay_out_and_mixtures_have_a_list_each(config, tmp_path):
    train = dict(config.train_dataloader.dataset)
    first = {**train, "exclude": ["000"]}
    config.train_dataloader.dataset = {"type": "MixtureDataset", "datasets": [first, train]}
    config.exclude_leaks = True
    runner = Runner.from_cfg(config)
    runner.train()
    sets = runner.train_dataloader.dataset.datasets
    assert sets[0].names == ["001", "002", "004", "005", "006"]
    assert sets[1].names == LEFT
    for file in ("leaks.txt", "leaks-2.txt"):
        assert names_listed(tmp_path / "work" / file) == ["003"]


def test_without_anything_to_compare_with_it_is_refused(config):
    for key in ("val_dataloader", "val_cfg", "val_evaluator"):
        config.pop(key)
    for key in ("test_dataloader", "test_cfg", "test_evaluator"):
        config.pop(key, None)
    config.exclude_leaks = True
    with pytest.raises(ConfigError, match="exclude_leaks"):
        Runner.from_cfg(config).train()

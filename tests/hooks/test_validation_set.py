"""What a training says of its validation set, and what results of its best checkpoint record."""

import copy
import json
import logging
from shutil import copytree

import pytest
from mmengine.logging import MMLogger

from restorekit.checkpoints.io import load_file
from restorekit.cli import main
from restorekit.datasets import PairedDataset
from restorekit.engine.mmengine_patches import CheckpointHook
from restorekit.hooks.validation_set import validated_on
from restorekit.io.fingerprint import image_digest


@pytest.fixture
def logged(monkeypatch):
    """The warnings of the run's logger."""
    messages = []
    handle = MMLogger.callHandlers

    def keep(self, record):
        if record.levelno >= logging.WARNING:
            messages.append(record.getMessage())
        handle(self, record)

    monkeypatch.setattr(MMLogger, "callHandlers", keep)
    return messages


@pytest.fixture
def run(small_config, tmp_path):
    """Train with both parts of the training set, and return the best checkpoint and its results."""

    def run(*arguments, **changes):
        parts = {
            "train_dataloader.dataset.subset": {"part": "train", "size": 2},
            "val_dataloader.dataset.split": "train",
            "val_dataloader.dataset.subset": {"part": "val", "size": 2},
            "default_hooks.checkpoint.save_best": "auto",
        }
        config = small_config("work", length=2, **{**parts, **changes})
        path = str(tmp_path / "config.py")
        config.dump(path)
        assert main(["train", path, "--work-dir", config.work_dir, *arguments]) == 0
        (best,) = (tmp_path / "work").glob("best_psnr_rgb_u8_iter_2.pth")
        out = tmp_path / "results.json"
        command = ["test", path, str(best), "--work-dir", str(tmp_path / "test")]
        assert main([*command, "--out", str(out)]) == 0
        return load_file(best)["meta"], json.loads(out.read_text())

    return run


def test_results_say_that_the_best_was_selected_on_validation_images(run, logged):
    meta, results = run()
    assert results["selected_on"] == "validation"
    assert len(meta["validation_images"]) == 2
    assert not [text for text in logged if "alidation" in text]


@pytest.mark.parametrize("way", ["option", "config"])
def test_results_say_that_the_best_was_selected_on_the_test_set(run, logged, tmp_path, way):
    if way == "option":
        # The config that tests says nothing about it.
        meta, results = run("--validate-on", "test")
    else:
        meta, results = run(**{"val_dataloader.dataset.split": "test"})
    assert results["selected_on"] == "test"
    digests = [
        image_digest(*PairedDataset(tmp_path / "data", "test").reader.read(i)) for i in range(3)
    ]
    assert meta["validation_images"] == [digest[:16] for digest in digests]
    assert [text for text in logged if "selected_on" in text]


def test_copies_of_the_test_images_are_the_test_set(run, tmp_path):
    copytree(tmp_path / "data/test", tmp_path / "copy/val")
    changes = {"data_root": str(tmp_path / "copy"), "split": "val"}
    _, results = run(**{f"val_dataloader.dataset.{key}": one for key, one in changes.items()})
    assert results["selected_on"] == "test"


def test_validation_on_training_images_is_noticed(run, logged):
    run(**{"train_dataloader.dataset.subset": None})
    assert [text for text in logged if text.startswith("2 of the 2 validation images")]


@pytest.mark.parametrize(
    ("save_best", "expected"),
    [
        ("auto", "validation"),
        ("kept/psnr/rgb_u8", "validation"),
        ("test/psnr/rgb_u8", "test"),
        (["kept/psnr/rgb_u8", "kept/ssim/rgb_u8"], "validation"),
        (["kept/psnr/rgb_u8", "test/psnr/rgb_u8"], "test"),
    ],
)
def test_of_several_validation_sets_those_that_select_count(small_config, save_best, expected):
    config = small_config("work")
    kept = copy.deepcopy(config.val_dataloader)
    kept.dataset.split = "train"
    config.val_dataloader = {"kept": kept, "test": config.test_dataloader}
    config.default_hooks.checkpoint.save_best = save_best
    assert validated_on(config) == expected


def test_a_number_without_a_direction_keeps_no_best_checkpoint(logged):
    hook = CheckpointHook(save_best="auto")
    hook._init_rule(hook.rules, ["mine/strangeness"])
    assert hook.key_indicators == []
    with pytest.raises(ValueError, match="strangeness"):
        CheckpointHook(save_best="strangeness")
    # Less NIQE is better.
    niqe = CheckpointHook(save_best="niqe/matlab_gray")
    assert (niqe.rules, CheckpointHook(save_best="a/ssim/rgb_u8").rules) == (["less"], ["greater"])


def test_several_test_sets_are_validated_on_and_the_first_selects(small_config, tmp_path):
    config = small_config("work", length=2)
    config.default_hooks.checkpoint.save_best = "auto"
    config.test_sets = [{"name": "first"}, {"name": "second", "split": "train"}]
    config.dump(str(tmp_path / "config.py"))
    arguments = [str(tmp_path / "config.py"), "--work-dir", config.work_dir]
    assert main(["train", *arguments, "--validate-on", "test"]) == 0
    (best,) = (tmp_path / "work").glob("best_first_psnr_rgb_u8_iter_2.pth")
    assert main(["test", arguments[0], str(best), "--work-dir", str(tmp_path / "test")]) == 0
    found = [tmp_path / "test" / name / "results.json" for name in ("first", "second")]
    selected = [json.loads(file.read_text())["selected_on"] for file in found]
    assert selected == ["test", "validation"]

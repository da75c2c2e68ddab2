"""A training on its own test set says so: in its log, its checkpoints, and in results files."""

import json
import logging
import time

import pytest
import torch
from mmengine.config import ConfigDict

from restorekit.cli import main
from restorekit.datasets.readers.pairs import MatchedPairs
from restorekit.engine.runner import Runner
from restorekit.engine.training_checkpoints import read_training_checkpoint
from restorekit.hooks import LeakWarningHook
from restorekit.io.fingerprint import image_digest
from restorekit.io.images import read_image, write_image
from restorekit.leaderboard import read_results
from restorekit.leaks.records import count_leaks, leak_records, merged_leaks


@pytest.fixture
def config(small_config, tmp_path):
    """A small training whose test image 001 shows what train image 003 does."""
    made = small_config("work", length=2, custom_hooks=[{"type": "LeakWarningHook"}])
    for kind in ("lq", "gt"):
        image = read_image(tmp_path / "data/train" / kind / "003.png")
        write_image(tmp_path / "data/test" / kind / "001.png", image[2:38, 1:41].copy())
    return made


@pytest.fixture
def logged(monkeypatch):
    """The messages of all loggers, by level."""
    messages = {"info": [], "warning": []}
    for level, texts in messages.items():
        monkeypatch.setattr(
            logging.Logger, level, lambda self, text, *_, texts=texts, **__: texts.append(text)
        )
    return messages


def leaks_of(texts):
    return [text for text in texts if text.startswith("LEAK")]


def test_a_leak_is_warned_of_and_stays_with_the_checkpoint(config, tmp_path, logged):
    Runner.from_cfg(config).train()
    (warning,) = leaks_of(logged["warning"])
    data = tmp_path / "data"
    assert warning.startswith(
        "LEAK: 1 of the 3 images for validation and test show a photograph that 1 of the 7 "
        f"training images show, too: {data}/train/lq/003.png = {data}/test/lq/001.png."
    )
    meta = read_training_checkpoint(tmp_path / "work/iter_2.pth")["meta"]
    lq, gt = (read_image(data / "test" / kind / "001.png") for kind in ("lq", "gt"))
    (record,) = meta["leaks"]
    assert record["images"] == {image_digest(lq, gt): [3]}
    assert (record["train_images"], record["compared"]) == (7, 7)


def test_the_results_file_records_it(config, tmp_path, capsys, logged):
    Runner.from_cfg(config).train()
    path = tmp_path / "config.py"
    config.dump(path)
    checkpoint, out = str(tmp_path / "work/iter_2.pth"), tmp_path / "results.json"
    logged["warning"].clear()
    assert main(["test", str(path), checkpoint, "--out", str(out)]) == 0
    assert len(leaks_of(logged["warning"])) == 1
    results = read_results(out)
    assert results.dataset.leaks == {"test_images": 1, "train_images": 1, "pairs": 1}
    assert read_results(tmp_path / "rainy_input.json").dataset.leaks is None
    # On images that it was not trained on there is nothing to record.
    for kind in ("lq", "gt"):
        (tmp_path / "data/test" / kind / "001.png").unlink()
    assert main(["test", str(path), checkpoint, "--out", str(out)]) == 0
    assert read_results(out).dataset.leaks is None


def test_a_results_file_with_impossible_leaks_is_refused(config, tmp_path):
    from restorekit.errors import DataError

    Runner.from_cfg(config).train()
    path, out = tmp_path / "config.py", tmp_path / "results.json"
    config.dump(path)
    assert main(["test", str(path), str(tmp_path / "work"), "--out", str(out)]) == 0
    content = json.loads(out.read_text())
    content["dataset"]["leaks"]["pairs"] = "many"
    out.write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"dataset\.leaks\.pairs .*'many'"):
        read_results(out)


def test_without_a_leak_nothing_is_warned_of_or_kept(small_config, tmp_path, logged):
    Runner.from_cfg(
        small_config("work", length=2, custom_hooks=[{"type": "LeakWarningHook"}])
    ).train()
    assert leaks_of(logged["warning"]) == []
    assert any(
        text.startswith("None of the 3 images for validation and test") for text in logged["info"]
    )
    assert "leaks" not in read_training_checkpoint(tmp_path / "work/iter_2.pth")["meta"]


def test_what_a_checkpoint_was_trained_on_is_not_forgotten(config, tmp_path, logged):
    Runner.from_cfg(config).train()
    (record,) = read_training_checkpoint(tmp_path / "work/iter_2.pth")["meta"]["leaks"]
    # Another training starts from it, on data of its own.
    for kind in ("lq", "gt"):
        (tmp_path / "data/train" / kind / "003.png").unlink()
    config.merge_from_dict(
        {"work_dir": str(tmp_path / "tuned"), "load_from": str(tmp_path / "work/iter_2.pth")}
    )
    logged["warning"].clear()
    Runner.from_cfg(config).train()
    assert leaks_of(logged["warning"]) == []
    assert read_training_checkpoint(tmp_path / "tuned/iter_2.pth")["meta"]["leaks"] == [record]


def test_a_test_set_that_is_not_there_does_not_stop_a_training(config, tmp_path, logged):
    config.test_dataloader = ConfigDict(config.test_dataloader)
    config.test_dataloader.dataset = {
        **config.test_dataloader.dataset,
        "data_root": str(tmp_path / "elsewhere"),
    }
    Runner.from_cfg(config).train()
    assert any(text.startswith("Training and test set were not") for text in logged["info"])


def test_datasets_of_all_kinds_are_looked_into(config, tmp_path, logged):
    train = config.train_dataloader.dataset
    photographs = {
        "type": "SyntheticRainDataset",
        "data_root": str(tmp_path / "data/test/gt"),
        "pipeline": train.pipeline,
    }
    other = {**train, "data_root": str(tmp_path / "data/test"), "split": None}
    config.train_dataloader.dataset = {"type": "MixtureDataset", "datasets": [photographs, train]}
    # Several sets to validate on, one of which is the test set as well.
    config.val_dataloader = {
        "one": {**config.val_dataloader, "dataset": other},
        "two": config.val_dataloader,
    }
    config.val_cfg = {"type": "MultiValLoop"}
    Runner.from_cfg(config).train()
    (warning,) = leaks_of(logged["warning"])
    assert "3 of the 3 images for validation and test" in warning
    assert "4 of the 10 training images" in warning
    (record,) = read_training_checkpoint(tmp_path / "work/iter_2.pth")["meta"]["leaks"]
    assert sorted(record["images"].values()) == [[0], [1, 6], [2]]


def test_only_part_is_compared_where_time_is_short(config, tmp_path, logged):
    config.custom_hooks = [{"type": "LeakWarningHook", "seconds": 0}]
    Runner.from_cfg(config).train()
    texts = [text for texts in logged.values() for text in texts if "were compared" in text]
    assert "(1 training and 1 test images were compared; `restorekit data leaks`" in texts[0]


def test_what_an_earlier_start_of_the_same_training_found_is_kept():
    first = {"train_set": "a", "train_images": 9, "compared": 6, "images": {"x": [1], "y": [2]}}
    again = {"train_set": "a", "train_images": 9, "compared": 4, "images": {"y": [2, 3]}}
    other = {"train_set": "b", "train_images": 5, "compared": 5, "images": {"z": [0, 1]}}
    nothing = {"train_set": "c", "train_images": 5, "compared": 5, "images": {}}
    records = merged_leaks(merged_leaks(merged_leaks([], first), other), again)
    assert records == [
        other,
        {"train_set": "a", "train_images": 9, "compared": 6, "images": {"x": [1], "y": [2, 3]}},
    ]
    assert merged_leaks(records, nothing) == records
    # A test set with z, y, y again, and an image that was not trained on.
    counted = count_leaks(records, ["z", "y", "y", "w"])
    assert counted == {"test_images": 3, "train_images": 4, "pairs": 6, "coverage": 0.6667}
    assert count_leaks(records, ["w"]) is None
    # 6 of 9 training images were compared, and half of the test images.
    partial = [{**records[1], "test_images": 8, "test_compared": 4}]
    assert count_leaks(partial, ["x"])["coverage"] == pytest.approx(1 / 3, abs=1e-4)
    assert count_leaks([], ["x"]) is None


def test_damaged_records_are_passed_over():
    good = {"train_set": "a", "train_images": 9, "compared": 6, "images": {"x": [1]}}
    assert leak_records({"leaks": [3, "abc", None, {"train_set": "a"}, good]}) == [good]
    assert leak_records({"leaks": good}) == leak_records({}) == []


def test_checkpoints_of_other_programs_are_taken_as_they_are():
    hook = LeakWarningHook()
    for meta in ({}, {"leaks": "no"}, {"leaks": [{"pairs": 3}]}):
        hook.after_load_checkpoint(None, {"meta": meta})
        assert hook.records == []
    hook.after_load_checkpoint(None, {"state_dict": {"a": torch.zeros(1)}})
    assert hook.records == []


def test_looking_ends_in_time_however_long_an_image_takes(config, logged, monkeypatch):
    monkeypatch.setattr("restorekit.leaks.quick._THREADS", 1)
    original = MatchedPairs.background

    def slowly(self, index):
        time.sleep(0.1)
        return original(self, index)

    monkeypatch.setattr(MatchedPairs, "background", slowly)
    hook = LeakWarningHook(seconds=0.1)
    hook.before_train(Runner.from_cfg(config))
    assert any("(1 training and 1 test images were" in t for ts in logged.values() for t in ts)

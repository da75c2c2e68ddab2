"""``restorekit data prepare`` on small copies in the forms that people hold."""

import json
import os
import re
import shutil

import numpy as np
import pytest
from scenes import HANDED_OUT, beside, hand_out, save, scene

from restorekit.cli import main
from restorekit.datasets import open_images, open_pairs
from restorekit.datasets.preparation import prepare


def call(*arguments):
    return main(["data", "prepare", *map(str, arguments)])


def assert_prepared(root, split, pairs):
    reader = open_pairs(root, split, layout="folders" if (root / split).is_dir() else "lmdb")
    assert sorted(reader.names) == sorted(pairs)
    for index, name in enumerate(reader.names):
        for have, want in zip(reader.read(index), pairs[name], strict=True):
            np.testing.assert_array_equal(have, want)


@pytest.mark.parametrize("form", HANDED_OUT)
@pytest.mark.parametrize("how", ["--link", "--copy", "--lmdb"])
def test_every_form_becomes_the_canonical_one(tmp_path, capsys, form, how):
    pairs = hand_out(form, tmp_path / "src")
    out = tmp_path / "data/rain12"
    assert call("rain12", "--src", tmp_path / "src", "--out", out, how) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"test: 5 pairs in {tmp_path / 'src'} (")
    assert "holds 5 pairs" in shown
    assert "rain12 has 12" in shown
    assert_prepared(out, "test", pairs)
    if how == "--copy":
        shutil.rmtree(tmp_path / "src")
        assert_prepared(out, "test", pairs)


def test_links_are_links_and_the_default(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    hand_out("PReNet test", "copy/Rain100H", 100)
    hand_out("PReNet train", "copy/RainTrainH", 3)
    assert call("rain100h-old", "--src", "copy") == 0
    link = tmp_path / "data/rain100h/test/gt/rain-001.png"
    assert link.resolve() == tmp_path / "copy/Rain100H/norain-001.png"
    shown = capsys.readouterr().out
    assert "data/rain100h/test holds 100 pairs linked" in shown
    assert "train: 3 pairs in copy/RainTrainH (rain-{id} and norain-{id})" in shown
    assert "the layout of PReNet" in shown
    assert "rain100h-old has 1,800" in shown


def test_halves_lose_nothing(tmp_path):
    pairs = {}
    for number in range(5):
        lq, gt = scene(number)
        save(tmp_path / f"src/train/{number}.jpg", beside(gt, lq), quality=90)
        both = open_images(tmp_path / "src/train").read(number)[0]
        pairs[str(number)] = (both[:, both.shape[1] // 2 :], both[:, : both.shape[1] // 2])
    assert call("rain800", "--src", tmp_path / "src", "--out", tmp_path / "out") == 0
    assert_prepared(tmp_path / "out", "train", pairs)
    assert {file.suffix for file in (tmp_path / "out/train/lq").iterdir()} == {".png"}


@pytest.mark.parametrize("how", ["--link", "--copy"])
def test_a_clean_image_that_many_share_is_kept_once(tmp_path, how):
    for number in (1, 10):
        save(tmp_path / f"src/testing/ground_truth/{number}.jpg", scene(number)[1])
        for k in range(1, 15):
            save(tmp_path / f"src/testing/rainy_image/{number}_{k}.jpg", scene(number)[0])
    assert call("rain1400", "--src", tmp_path / "src", "--out", tmp_path / "out", how) == 0
    names = sorted(file.name for file in (tmp_path / "out/test/gt").iterdir())
    assert names == ["1.jpg", "10.jpg"]
    reader = open_pairs(tmp_path / "out", "test")
    assert len(reader) == 28
    assert reader.first_with_same_gt() == [0] * 14 + [14] * 14


def test_photographs(tmp_path):
    for number in (1, 2):
        save(tmp_path / f"src/{number}.jpg", scene(number)[0])
    assert call("internet", "--src", tmp_path / "src", "--out", tmp_path / "out") == 0
    assert open_images(tmp_path / "out", "test").names == ["1", "2"]


class InterruptError(Exception):
    pass


def test_an_interrupted_run_leaves_nothing_half_and_is_continued(tmp_path, monkeypatch, capsys):
    pairs = hand_out("RESCAN", tmp_path / "src/test", 6)
    arguments = ("rain800", "--src", tmp_path / "src", "--out", tmp_path / "out", "--workers", 1)
    written = []

    def write(path, image):
        if len(written) == 5:
            raise InterruptError
        original(path, image)
        written.append(path)

    original = prepare.write_image
    monkeypatch.setattr(prepare, "write_image", write)
    with pytest.raises(InterruptError):
        call(*arguments)
    assert not (tmp_path / "out/test").exists()
    left = {file.relative_to(file.parents[1]): file for file in (tmp_path / "out").rglob("*.png")}
    assert len(left) == 5
    times = {name: file.stat().st_mtime_ns for name, file in left.items()}
    monkeypatch.setattr(prepare, "write_image", original)
    assert call(*arguments) == 0
    assert_prepared(tmp_path / "out", "test", pairs)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["test"]
    again = {name: (tmp_path / "out/test" / name).stat().st_mtime_ns for name in left}
    # All but the one whose partner was missing.
    assert sum(again[name] == times[name] for name in left) == 4
    capsys.readouterr()
    assert call(*arguments) == 0
    assert "found complete" in capsys.readouterr().out


def test_other_data_is_not_written_over(tmp_path, capsys):
    hand_out("RESCAN", tmp_path / "one/test")
    hand_out("RESCAN", tmp_path / "two/test", 6)
    out = tmp_path / "out"
    assert call("rain800", "--src", tmp_path / "one", "--out", out) == 0
    assert call("rain800", "--src", tmp_path / "two", "--out", out) == 2
    assert "num_pairs 5 instead of 6" in capsys.readouterr().err
    (out / "test/prepared.json").unlink()
    assert call("rain800", "--src", tmp_path / "one", "--out", out) == 2
    assert "was not made by" in capsys.readouterr().err


def test_what_was_made_says_of_what(tmp_path):
    hand_out("Restormer", tmp_path / "Rain13K")
    assert call("rain13k", "--src", tmp_path, "--out", tmp_path / "out", "--copy") == 0
    record = json.loads((tmp_path / "out/train/prepared.json").read_text())
    assert str(tmp_path / "Rain13K") in record["source"]
    assert (record["mode"], record["num_pairs"]) == ("copy", 5)


def test_the_side_may_be_said(tmp_path, capsys):
    for number in range(2):
        lq, gt = scene(number)
        save(tmp_path / f"src/test/{number}.png", beside(lq, gt))
    arguments = ("rain800", "--src", tmp_path / "src", "--out", tmp_path / "out")
    assert call(*arguments) == 2
    assert "--lq-side" in capsys.readouterr().err
    assert call(*arguments, "--lq-side", "left") == 0
    np.testing.assert_array_equal(open_pairs(tmp_path / "out", "test").read(1)[0], scene(1)[0])


WRONG = {
    "nothing there": (
        ("rain12", "--src", "empty"),
        "looked for folders Rain12.*{id}_in and {id}_GT",
    ),
    "no such folder": (("rain12", "--src", "gone"), "gone is not a folder"),
    "no such dataset": (("rain21", "--src", "empty"), "'rain21' is not a dataset.*'rain12'"),
    "several versions": (("rain100h", "--src", "empty"), "rain100h-old .* or rain200h"),
    "no such split": (("rain12", "--src", "empty", "--split", "train"), "no such split.*test"),
    "which split": (("rain800", "--src", "pairs"), "--split"),
    "a broken file": (("rain12", "--src", "broken"), r"002_in\.png is truncated.*--skip-broken"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_done_is_one_sentence(tmp_path, monkeypatch, capsys, name):
    monkeypatch.chdir(tmp_path)
    os.mkdir("empty")
    hand_out("Restormer", "pairs", 3)
    hand_out("Rain12", "broken", 3)
    file = tmp_path / "broken/002_in.png"
    file.write_bytes(file.read_bytes()[:-30])
    arguments, message = WRONG[name]
    assert call(*arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert re.search(message, error), error
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_rain800(real_data, tmp_path, capsys):
    assert call("rain800", "--src", real_data / "rain800", "--out", tmp_path, "--lmdb") == 0
    assert "test.lmdb holds 100 pairs" in capsys.readouterr().out
    assert main(["data", "verify", "rain800", str(tmp_path)]) == 0
    assert "rain800 train" in capsys.readouterr().out

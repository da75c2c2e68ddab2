"""``restorekit data leaks``: what it reads, prints and writes."""

import json

import numpy as np
import pytest

from restorekit.cli import main
from restorekit.datasets import PairedDataset
from restorekit.datasets.preparation.prepare import prepare_split
from restorekit.io.images import write_image
from restorekit.rain import RainRenderer


def call(*arguments):
    return main(["data", "leaks", *map(str, arguments)])


@pytest.fixture
def sets(tmp_path, scene):
    """Six training pairs and three test pairs; test 1 and train 4 show one photograph."""
    rainy = RainRenderer("rain100l")
    for split, seeds in (("train", range(1, 7)), ("test", (20, 4, 21))):
        for number, seed in enumerate(seeds):
            clean = scene(seed)[(2 if split == "test" else 0) :]
            lq = rainy(np.ascontiguousarray(clean), np.random.default_rng(seed))
            write_image(tmp_path / "set" / split / "gt" / f"norain-{number}.png", clean.copy())
            write_image(tmp_path / "set" / split / "lq" / f"rain-{number}.png", lq)
    return tmp_path / "set"


def expected(root):
    return [(f"{root}/train/lq/rain-3.png", f"{root}/test/lq/rain-1.png")]


def pairs_in(file):
    content = json.loads(file.read_text())
    assert all(set(pair) == {"train", "test", "score"} for pair in content["pairs"])
    assert all(0.5 <= pair["score"] <= 1 for pair in content["pairs"])
    return [(pair["train"], pair["test"]) for pair in content["pairs"]]


def test_pairs_are_printed_and_written(sets, tmp_path, capsys):
    out = tmp_path / "leaks.json"
    assert call(sets / "train", sets / "test", "--json", out) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"TRAIN: 6 pairs in {sets}/train")
    assert lines[1].startswith(f"TEST: 3 pairs in {sets}/test")
    assert lines[2].split() == ["score", "train", "test"]
    assert tuple(lines[4].split()[1:]) == expected(sets)[0]
    assert lines[5] == (
        "1 of 3 test images shows the same photograph as 1 of 6 training images (1 pair)."
    )
    assert pairs_in(out) == expected(sets)


def test_training_images_that_leak_can_be_left_out(sets, tmp_path, capsys):
    names = tmp_path / "leaks.txt"
    assert call(sets / "train", sets / "test", "--exclude-out", names) == 0
    dataset = PairedDataset(sets / "train", exclude=names)
    assert dataset.names == [f"rain-{number}" for number in (0, 1, 2, 4, 5)]
    # What is left does not leak; an empty list leaves nothing out.
    listed = tmp_path / "kept"
    prepare_split(dataset.reader, listed)
    assert call(listed, sets / "test", "--exclude-out", names) == 0
    assert len(PairedDataset(listed, exclude=names)) == 5
    assert call(sets / "train", sets / "train", "--exclude-out", names) == 2
    assert "--exclude-out" in capsys.readouterr().err


def test_the_splits_of_a_dataset(sets, tmp_path):
    out = tmp_path / "leaks.json"
    assert call(sets, sets, "--json", out) == 0
    assert pairs_in(out) == expected(sets)
    assert call(sets, sets, "--train-split", "test", "--test-split", "train", "--json", out) == 0
    assert pairs_in(out) == [expected(sets)[0][::-1]]


def test_side_by_side_lmdb_and_photographs(sets, tmp_path, scene):
    out = tmp_path / "leaks.json"
    for number, seed in enumerate((9, 4)):
        both = np.hstack([scene(seed), np.full_like(scene(seed), 128)])
        write_image(tmp_path / "beside" / f"{number}.png", both)
    options = ("--train-layout", "side_by_side", "--json", out)
    assert call(tmp_path / "beside", sets / "test", *options) == 0
    assert pairs_in(out) == [(f"{tmp_path}/beside/1.png", expected(sets)[0][1])]
    assert call(sets / "train/lq", sets / "test/lq", "--layout", "images", "--json", out) == 0
    assert pairs_in(out) == expected(sets)
    lmdb = tmp_path / "train.lmdb"
    assert main(["data", "lmdb", str(sets / "train"), str(lmdb)]) == 0
    assert call(lmdb, sets / "test", "--json", out) == 0
    assert pairs_in(out) == [(f"{lmdb}[rain-3]", expected(sets)[0][1])]


def test_nothing_in_common(sets, capsys, tmp_path):
    for name in ("lq/rain-1.png", "gt/norain-1.png"):
        (sets / "test" / name).unlink()
    out = tmp_path / "leaks.json"
    assert call(sets / "train", sets / "test", "--json", out) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == (
        "No leak: none of the 2 test images shows a photograph of the 6 training images."
    )
    assert pairs_in(out) == []


def test_one_folder_twice_is_searched_for_copies(sets, capsys, tmp_path):
    assert call(sets / "train", sets / "train") == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("No image of ")
    write_image(sets / "train/gt/norain-9.png", np.full((160, 240, 3), 128, np.uint8))
    (sets / "train/gt/norain-9.png").write_bytes((sets / "train/gt/norain-2.png").read_bytes())
    (sets / "train/lq/rain-9.png").write_bytes((sets / "train/lq/rain-0.png").read_bytes())
    out = tmp_path / "leaks.json"
    assert call(sets / "train", sets / "train", "--json", out) == 0
    assert pairs_in(out) == [tuple(f"{sets}/train/lq/rain-{n}.png" for n in (2, 9))]
    assert capsys.readouterr().out.splitlines()[-1].startswith("2 of 7 images of ")


def test_long_tables_are_cut_and_files_are_not(tmp_path, scene, capsys):
    for number in range(10):
        write_image(tmp_path / "all" / f"{number}.png", scene(3, 40, 60))
    out = tmp_path / "leaks.json"
    assert call(tmp_path / "all", tmp_path / "all", "--json", out) == 0
    assert len(pairs_in(out)) == 45
    lines = capsys.readouterr().out.splitlines()
    assert "… and 5 more pairs: --json writes all of them" in lines
    assert len(lines) == 1 + 2 + 40 + 1 + 1


def test_broken_images_are_refused_or_left_out(sets, capsys):
    broken = sets / "train/gt/norain-0.png"
    broken.write_bytes(broken.read_bytes()[:-30])
    assert call(sets / "train", sets / "test") == 2
    assert "norain-0.png" in capsys.readouterr().err
    assert call(sets / "train", sets / "test", "--skip-broken") == 0
    assert "1 of 5 training images" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--threshold", "0"), "--threshold 0: give a score above 0 and at most 1."),
        (("--threshold", "1.5"), "--threshold 1.5: "),
        (("--workers", "0"), "--workers 0: give at least 1."),
        (("--train-split", "val", "--train-layout", "folders"), "holds no pairs"),
    ],
)
def test_mistakes_are_sentences(sets, capsys, arguments, sentence):
    assert call(sets, sets / "test", *arguments) == 2
    assert sentence in capsys.readouterr().err


def test_a_folder_that_is_not_there(sets, capsys):
    assert call(sets / "nowhere", sets / "test") == 2
    assert "nowhere holds no images" in capsys.readouterr().err

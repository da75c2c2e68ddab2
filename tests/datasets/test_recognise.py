"""Data is found in whatever layout people hold it, and nothing is guessed."""

import numpy as np
import pytest
from msgspec.structs import replace
from scenes import HANDED_OUT, beside, hand_out, save, scene

from restorekit.catalog import get_dataset
from restorekit.datasets import PairedDataset, open_pairs
from restorekit.datasets.layouts.find_splits import find_splits
from restorekit.datasets.layouts.recognise import recognise
from restorekit.errors import DataError


def assert_holds(reader, pairs):
    assert sorted(reader.names) == sorted(pairs)
    for index, name in enumerate(reader.names):
        for have, want in zip(reader.read(index), pairs[name], strict=True):
            np.testing.assert_array_equal(have, want)


@pytest.mark.parametrize("form", HANDED_OUT)
def test_every_form_is_read_where_it_is(tmp_path, form):
    pairs = hand_out(form, tmp_path)
    assert_holds(open_pairs(tmp_path), pairs)
    assert_holds(open_pairs(tmp_path, "test"), pairs)
    assert_holds(PairedDataset(tmp_path.parent, tmp_path.name).reader, pairs)


@pytest.mark.parametrize("form", HANDED_OUT)
def test_only_one_layout_fits_each_form(tmp_path, form):
    hand_out(form, tmp_path)
    found = recognise(tmp_path)
    assert found is not None
    assert str(len(found.reader)) in str(found)


def test_fourteen_rains_to_a_clean_image(tmp_path):
    clean = {n: scene(n)[1] for n in (1, 10)}
    for number, gt in clean.items():
        save(tmp_path / f"ground_truth/{number}.jpg", gt)
        for k in range(1, 15):
            save(tmp_path / f"rainy_image/{number}_{k}.jpg", scene(100 * number + k)[0])
    reader = open_pairs(tmp_path)
    assert len(reader) == 28
    assert reader.first_with_same_gt() == [0] * 14 + [14] * 14


def test_the_folder_of_all_of_prenets_sets(tmp_path):
    wanted = {
        ("rain100h-old", "train"): hand_out("PReNet train", tmp_path / "train/RainTrainH", 5),
        ("rain100h-old", "test"): hand_out("PReNet test", tmp_path / "test/Rain100H", 4, 10),
        ("rain100l-old", "train"): hand_out("PReNet train", tmp_path / "train/RainTrainL", 3, 20),
        ("rain100l-old", "test"): hand_out("PReNet test", tmp_path / "test/Rain100L", 2, 30),
        ("rain1400", "test"): hand_out("DDN", tmp_path / "test/Rain1400", 2, 40),
    }
    for (name, split), pairs in wanted.items():
        assert_holds(open_pairs(tmp_path, split, catalog=name), pairs)
    found = find_splits(tmp_path, get_dataset("rain100h-old"))
    assert "5 pairs" in str(found["train"])
    assert "the layout of PReNet" in str(found["train"])
    with pytest.raises(DataError, match=r"holds no pairs.*prepare rain200h --src"):
        open_pairs(tmp_path, "train", catalog="rain200h")


def test_density_folders_of_did_mdn_are_one_split(tmp_path):
    names = []
    for density in ("Heavy", "Medium", "Light"):
        hand_out("DID-MDN", tmp_path / f"DID-MDN-training/Rain_{density}/train2018new", 2)
        names += [f"Rain_{density}/train2018new/{n}" for n in (1, 2)]
    reader = open_pairs(tmp_path, "train", catalog="rain1200")
    assert sorted(reader.names) == sorted(names)
    assert reader.file_layout == "left"


def test_the_images_decide_the_side_against_the_catalog(tmp_path):
    pairs = hand_out("RESCAN", tmp_path / "test")
    assert_holds(open_pairs(tmp_path, "test", catalog="rain1200"), pairs)


@pytest.mark.parametrize("change", ["photographs", "too few", "one side rainy here, one there"])
def test_side_by_side_is_not_guessed(tmp_path, change):
    for number in range(3 if change == "too few" else 8):
        lq, gt = scene(number)
        if change == "photographs":
            lq = scene(100 + number)[1]
        elif change.startswith("one side") and number % 2:
            lq, gt = gt, lq
        save(tmp_path / f"{number}.png", beside(gt, lq))
    assert recognise(tmp_path) is None
    with pytest.raises(DataError, match="layout='side_by_side'"):
        open_pairs(tmp_path)


def test_two_answers_are_none(tmp_path):
    hand_out("Restormer", tmp_path, 3)
    hand_out("MSPFN", tmp_path, 4)
    with pytest.raises(DataError, match=r"3 pairs.*4 pairs|4 pairs.*3 pairs"):
        open_pairs(tmp_path)


def test_a_test_set_is_not_trained_on_by_mistake(tmp_path):
    root = tmp_path / "Rain100H"
    pairs = hand_out("PReNet test", root)
    assert_holds(open_pairs(root, "test"), pairs)
    with pytest.raises(DataError, match="whose name says test, not train"):
        open_pairs(root, "train")


def test_a_rule_that_is_given_is_not_second_guessed(tmp_path):
    hand_out("PReNet test", tmp_path)
    with pytest.raises(DataError, match="holds no pairs"):
        open_pairs(tmp_path, pairing="same")


def test_one_missing_image_does_not_hide_the_layout(tmp_path):
    hand_out("PReNet test", tmp_path, 20)
    (tmp_path / "norain-007.png").unlink()
    with pytest.raises(DataError, match=r"rain-007\.png has no clean image"):
        PairedDataset(tmp_path)


def test_a_list_is_checked(tmp_path):
    hand_out("SPA train", tmp_path, 2)
    file = tmp_path / "real_world.txt"
    file.write_text(file.read_text() + "\n/real_world/1/a.png\n")
    with pytest.raises(DataError, match=r"'/real_world/1/a\.png', which is not 'RAINY CLEAN'"):
        open_pairs(tmp_path)
    file.write_text("a.png b.png\n./a.png c.png\n")
    with pytest.raises(DataError, match="names the rainy image a twice"):
        open_pairs(tmp_path)


def small_rain1400():
    """Return Rain1400 with three clean images: two to train on, one to test on."""
    known = get_dataset("rain1400")
    splits = {
        name: replace(known.splits[name], clean=clean, pairs=pairs, also=())
        for name, clean, pairs in (("train", (1, 2), 4), ("test", (3, 3), 2))
    }
    return replace(known, splits=splits)


def test_splits_that_lie_in_one_folder_are_told_apart_by_number(tmp_path):
    for number in (1, 2, 3):
        save(tmp_path / f"ground_truth/{number}.jpg", scene(number)[1])
        for k in (1, 2):
            save(tmp_path / f"rainy_image/{number}_{k}.jpg", scene(number)[0])
    found = find_splits(tmp_path, small_rain1400())
    assert found["train"].reader.names == ["1_1", "1_2", "2_1", "2_2"]
    assert found["test"].reader.names == ["3_1", "3_2"]


def test_a_single_split_is_known_by_number_or_by_name(tmp_path):
    rain12, rain800 = get_dataset("rain12"), get_dataset("rain800")
    hand_out("Rain12", tmp_path / "any", 3)
    assert list(find_splits(tmp_path / "any", rain12)) == ["test"]
    hand_out("Restormer", tmp_path / "of98", 98)
    assert list(find_splits(tmp_path / "of98", rain800)) == ["test"]
    hand_out("Restormer", tmp_path / "train/some", 3)
    assert list(find_splits(tmp_path / "train/some", rain800)) == ["train"]
    hand_out("Restormer", tmp_path / "some", 3)
    with pytest.raises(DataError, match=r"any split of rain800 \(train 700, test 100\).*--split"):
        find_splits(tmp_path / "some", rain800)
    assert list(find_splits(tmp_path / "some", rain800, "test")) == ["test"]

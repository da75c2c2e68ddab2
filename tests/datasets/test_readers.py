"""What lies in a folder is found and read as it is."""

import numpy as np
import pytest

from restorekit.datasets import open_images, open_pairs
from restorekit.errors import ConfigError, DataError


def content(reader):
    return {name: reader.read(i) for i, name in enumerate(reader.names)}


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, images in expected.items():
        for have, want in zip(found[name], images, strict=True):
            np.testing.assert_array_equal(have, want)


def test_folders_of_a_split_or_of_the_root(paired_root):
    root, pixels = paired_root
    for arguments in ((root, "train"), (root / "train",), (root / "train", "test")):
        reader = open_pairs(*arguments)
        assert_same(content(reader), pixels)
        assert [reader.size(i) for i in range(12)] == [(24, 30), (31, 25)] * 6


def test_folders_of_other_names(paired_root, tmp_path):
    root, pixels = paired_root
    (root / "train/lq").rename(root / "train/rainy image")
    (root / "train/gt").rename(root / "train/ground truth")
    reader = open_pairs(root, "train", lq_folder="rainy image", gt_folder="ground truth")
    assert_same(content(reader), pixels)


def test_one_clean_image_for_many(tmp_path, save, image):
    expected = {}
    for number in (1, 10):
        gt = image(number)
        save(tmp_path / f"gt/{number}.jpg", gt)
        save(tmp_path / f"gt/{number}.png", gt)
        (tmp_path / f"gt/{number}.jpg").unlink()
        for k in (1, 2, 11):
            lq = image(1000 * number + k)
            save(tmp_path / f"lq/{number}_{k}.bmp", lq)
            expected[f"{number}_{k}"] = (lq, gt)
    reader = open_pairs(tmp_path, pairing="prefix")
    assert_same(content(reader), expected)
    assert reader.first_with_same_gt() == [0, 0, 0, 3, 3, 3]
    assert reader.subset([1, 2, 5]).first_with_same_gt() == [0, 0, 2]


@pytest.mark.parametrize("side", ["left", "right"])
def test_side_by_side_in_either_order(tmp_path, save, image, side):
    lq, gt = image(1), image(2)
    halves = (lq, gt) if side == "left" else (gt, lq)
    save(tmp_path / "train/1.png", np.concatenate(halves, axis=1))
    reader = open_pairs(tmp_path, "train", layout="side_by_side", lq_side=side)
    assert_same(content(reader), {"1": (lq, gt)})
    assert reader.size(0) == lq.shape[:2]


def test_other_splits_are_not_taken_for_the_one_that_is_missing(tmp_path, save, image):
    save(tmp_path / "train/1.png", image(1))
    for look in (
        lambda: open_pairs(tmp_path, "val", layout="side_by_side"),
        lambda: open_images(tmp_path, "val"),
    ):
        with pytest.raises(DataError, match=r"looked for .*val"):
            look()
    save(tmp_path / "2.png", image(2))
    assert "2" in open_images(tmp_path, "val").names


def test_photographs_have_no_clean_version(tmp_path, save, image):
    save(tmp_path / "2.png", image(2))
    save(tmp_path / "sub/1.png", image(1))
    reader = open_images(tmp_path)
    assert_same(
        {name: pair[:1] for name, pair in content(reader).items()},
        {"2": (image(2),), "sub/1": (image(1),)},
    )
    assert reader.read(0)[1] is None


def test_nothing_there_names_every_place_and_the_remedy(tmp_path):
    with pytest.raises(DataError) as caught:
        open_pairs(tmp_path, "train", hint="get it with `make data`.")
    text = str(caught.value)
    for place in ("train.lmdb", "train/lq", "train/gt", "lq", "gt"):
        assert str(tmp_path / place) in text
    assert text.endswith("; get it with `make data`.")
    with pytest.raises(DataError, match="data_root"):
        open_pairs(tmp_path / "gone")


def test_an_empty_folder_and_two_files_of_one_name_are_told(tmp_path, save, image):
    (tmp_path / "lq").mkdir()
    (tmp_path / "gt").mkdir()
    (tmp_path / "lq/readme.txt").touch()
    with pytest.raises(DataError, match=r"lq holds no images.*\.png"):
        open_pairs(tmp_path)
    save(tmp_path / "lq/1.png", image(1))
    save(tmp_path / "lq/1.jpg", image(1))
    with pytest.raises(DataError, match=r"1\.jpg and 1\.png.*same name"):
        open_pairs(tmp_path)


@pytest.mark.parametrize(
    ("options", "nearest"), [({"layout": "folder"}, "folders"), ({"lq_side": "rigth"}, "right")]
)
def test_unknown_options_are_told_with_the_nearest_name(tmp_path, options, nearest):
    with pytest.raises(ConfigError, match=f"Did you mean '{nearest}'"):
        open_pairs(tmp_path, **options)


def test_files_side_by_side_are_not_taken_for_granted_but_pointed_out(tmp_path, save, image):
    save(tmp_path / "train/1.png", image(1))
    with pytest.raises(DataError, match=r"images in .*train: .*layout='side_by_side'"):
        open_pairs(tmp_path, "train")

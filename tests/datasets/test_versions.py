"""A folder with another version of the dataset that a config means."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest

from restorekit.catalog import all_datasets, get_dataset
from restorekit.datasets import PairedDataset
from restorekit.datasets.layouts import versions
from restorekit.datasets.layouts.versions import other_version
from restorekit.errors import DataError


@pytest.fixture
def folder(tmp_path):
    """Return a function that makes a folder with one image many times over, by name and numbers."""

    def make(name, **numbers):
        cv2.imwrite(str(tmp_path / "one.png"), np.zeros((8, 8, 3), np.uint8))
        for split, count in numbers.items():
            for kind in ("lq", "gt"):
                (tmp_path / name / split / kind).mkdir(parents=True)
                for number in range(count):
                    file = tmp_path / name / split / kind / f"{number}.png"
                    shutil.copyfile(tmp_path / "one.png", file)
        return tmp_path / name

    return make


@pytest.mark.parametrize(
    ("dataset", "split", "count", "other"),
    [
        ("rain200h", "test", 100, "rain100h-old"),
        ("rain200l", "test", 100, "rain100l-old"),
        ("rain200l", "train", 200, "rain100l-old"),
        ("rain100h-old", "test", 200, "rain200h"),
        ("rain1400", "test", 2800, "rain1400-mspfn"),
        ("rain200h", "test", 200, None),
        ("rain200h", "test", 10, None),
        ("rain800", "test", 98, None),
        ("rain12", "train", 5, None),
    ],
)
def test_versions_are_told_apart_by_their_numbers(dataset, split, count, other):
    found = other_version(get_dataset(dataset), split, count)
    assert (found and found.id) == other


def test_no_dataset_is_taken_for_another_one():
    for dataset in all_datasets().values():
        for split, known in dataset.splits.items():
            for version in known.versions:
                assert other_version(dataset, split, version.pairs) is None


def test_the_old_version_in_the_folder_of_the_new_one_is_refused(folder):
    root = folder("rain200h", train=3, test=100)
    for split in ("test", "train"):
        with pytest.raises(DataError) as caught:
            PairedDataset(root, split=split, catalog="rain200h")
        for part in ("100 test pairs", "rain100h-old", "200", "data/rain100h", "data prepare"):
            assert part in str(caught.value)
    assert len(PairedDataset(root, split="test")) == 100


@pytest.fixture
def warnings(monkeypatch):
    logged = []
    monkeypatch.setattr(versions, "print_log", lambda text, **_: logged.append(text))
    return logged


def test_in_a_folder_of_another_name_it_is_a_warning(folder, warnings):
    root = folder("mine", test=100)
    assert len(PairedDataset(root, split="test", catalog="rain200h")) == 100
    (warning,) = warnings
    assert "100 test pairs" in warning
    assert "rain100h-old" in warning


def test_a_few_pairs_are_nobodys_version(folder, warnings):
    root = folder("rain200h", train=3, test=10)
    for split in ("train", "test"):
        assert PairedDataset(root, split=split, catalog="rain200h")
    assert not warnings

"""What public sets share, against the known truth."""

import copy
from functools import cache

import pytest

from restorekit.datasets import open_images, open_pairs
from restorekit.leaks.search import compare
from restorekit.leaks.thumbnails import read_backgrounds

#: Every folder is read once; opened as something else it is another one.
read = cache(lambda path, opened: read_backgrounds(opened(path)))


@pytest.fixture
def bsds500(real_data):
    return read(real_data / "bsds500", open_images)


def open_rainy(path):
    """Open pairs without their clean images."""
    reader = open_pairs(path)
    without = copy.copy(reader)
    without.file_layout = "single"
    without.background = lambda index: reader.read(index)[0]
    without.first_with_same_gt = lambda: list(range(len(reader)))
    return without


@pytest.mark.parametrize("through_rain", [False, True])
def test_rain100l_test_images_are_found_in_bsds500(real_data, bsds500, through_rain):
    lines = (real_data / "rain100_test_to_bsds500.tsv").read_text().splitlines()
    known = dict(line.split("\t") for line in lines)
    folder = real_data / "rain100l_sample"
    test = open_pairs(folder)
    truth = {
        (str(real_data / "bsds500" / known[f"{number}.png"]), test.label(number - 1))
        for number in range(1, len(test) + 1)
    }
    leaks = compare(bsds500, read(folder, open_rainy if through_rain else open_pairs))
    assert {(leak.train, leak.test) for leak in leaks} == truth


@pytest.mark.slow
def test_no_two_images_of_bsds500_are_one_photograph(bsds500):
    assert compare(bsds500, bsds500) == []


@pytest.mark.slow
def test_all_of_rain200h_is_found_in_bsds500_through_its_heavy_rain(real_data, bsds500):
    folder = real_data / "rain200h_train_sample"
    clean, through_rain = (
        compare(bsds500, read(folder, opened)) for opened in (open_pairs, open_rainy)
    )
    assert len(clean) == len({leak.test for leak in clean}) == len(open_pairs(folder))
    assert {(one.train, one.test) for one in clean} == {(o.train, o.test) for o in through_rain}


@pytest.mark.slow
def test_rain800_shares_with_rain100_what_both_took_from_bsds500(real_data, bsds500, tmp_path):
    lines = (real_data / "rain100_test_to_bsds500.tsv").read_text().splitlines()
    backgrounds = {line.split("\t")[1] for line in lines}
    for name in backgrounds:
        (tmp_path / name.replace("/", "_")).symlink_to(real_data / "bsds500" / name)
    train = read(real_data / "rain800" / "train", open_pairs)
    expected = {
        (leak.test, leak.train.split("bsds500/")[1].replace("/", "_"))
        for leak in compare(bsds500, train)
        if leak.train.split("bsds500/")[1] in backgrounds
    }
    leaks = compare(train, read(tmp_path, open_images))
    assert {(leak.train, leak.test.rpartition("/")[2]) for leak in leaks} == expected
    assert len(leaks) == 13


@pytest.mark.slow
def test_one_photograph_is_in_both_splits_of_rain800(real_data):
    train, test = (read(real_data / "rain800" / split, open_pairs) for split in ("train", "test"))
    [leak] = compare(train, test)
    assert leak.train.endswith("train/460.jpg")
    assert leak.test.endswith("test/6.jpg")


@pytest.mark.slow
@pytest.mark.parametrize("split", ["train", "test"])
def test_rain800_has_those_images_of_bsds500_that_are_of_its_size(real_data, bsds500, split):
    """BSDS500 has photographs of 481×321; those of UCID, the other source, have 512×384."""
    reader = open_pairs(real_data / "rain800" / split)
    of_its_size = {
        reader.label(i) for i in range(len(reader)) if sorted(reader.size(i)) == [321, 481]
    }
    leaks = compare(bsds500, read(real_data / "rain800" / split, open_pairs))
    assert len(leaks) == len(of_its_size) == {"train": 232, "test": 48}[split]
    assert {leak.test for leak in leaks} == of_its_size

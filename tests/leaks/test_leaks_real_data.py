"""What public sets share, against the known truth."""

import copy

import pytest

from restorekit.datasets import open_images, open_pairs
from restorekit.leaks import find_leaks


@pytest.fixture
def bsds500(real_data):
    return open_images(real_data / "bsds500")


def rainy(reader):
    """Return the reader without its clean images."""
    without = copy.copy(reader)
    without.file_layout = "single"
    without.background = lambda index: reader.read(index)[0]
    without.first_with_same_gt = lambda: list(range(len(reader)))
    return without


@pytest.mark.parametrize("through_rain", [False, True])
def test_rain100l_test_images_are_found_in_bsds500(real_data, bsds500, through_rain):
    lines = (real_data / "rain100_test_to_bsds500.tsv").read_text().splitlines()
    known = dict(line.split("\t") for line in lines)
    test = open_pairs(real_data / "rain100l_sample")
    truth = {
        (str(real_data / "bsds500" / known[f"{number}.png"]), test.label(number - 1))
        for number in range(1, len(test) + 1)
    }
    leaks = find_leaks(bsds500, rainy(test) if through_rain else test)
    assert {(leak.train, leak.test) for leak in leaks} == truth


@pytest.mark.slow
def test_no_two_images_of_bsds500_are_one_photograph(bsds500):
    assert find_leaks(bsds500, bsds500) == []


@pytest.mark.slow
def test_all_of_rain200h_is_found_in_bsds500_through_its_heavy_rain(real_data, bsds500):
    test = open_pairs(real_data / "rain200h_train_sample")
    clean, through_rain = find_leaks(bsds500, test), find_leaks(bsds500, rainy(test))
    assert len(clean) == len({leak.test for leak in clean}) == len(test)
    assert {(one.train, one.test) for one in clean} == {(o.train, o.test) for o in through_rain}


@pytest.mark.slow
def test_rain800_shares_with_rain100_what_both_took_from_bsds500(real_data, bsds500, tmp_path):
    lines = (real_data / "rain100_test_to_bsds500.tsv").read_text().splitlines()
    backgrounds = {line.split("\t")[1] for line in lines}
    for name in backgrounds:
        (tmp_path / name.replace("/", "_")).symlink_to(real_data / "bsds500" / name)
    train = open_pairs(real_data / "rain800" / "train")
    expected = {
        (leak.test, leak.train.split("bsds500/")[1].replace("/", "_"))
        for leak in find_leaks(bsds500, train)
        if leak.train.split("bsds500/")[1] in backgrounds
    }
    leaks = find_leaks(train, open_images(tmp_path))
    assert {(leak.train, leak.test.rpartition("/")[2]) for leak in leaks} == expected
    assert len(leaks) == 13


@pytest.mark.slow
def test_one_photograph_is_in_both_splits_of_rain800(real_data):
    train, test = (open_pairs(real_data / "rain800" / split) for split in ("train", "test"))
    [leak] = find_leaks(train, test)
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
    leaks = find_leaks(bsds500, reader)
    assert len(leaks) == len(of_its_size) == {"train": 232, "test": 48}[split]
    assert {leak.test for leak in leaks} == of_its_size

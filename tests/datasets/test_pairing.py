import pytest

from restorekit.datasets.readers.listing import list_images, natural_key
from restorekit.datasets.readers.pairing import match_names, suggest_rule
from restorekit.errors import ConfigError, DataError


def paired(lq, gt, rule):
    found = match_names(lq, gt, rule)
    return {lq[i]: gt[j] for i, j in found.pairs}, found


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("same", {"1": "1", "2": "2", "train/3": "train/3"}),
        ("prefix", {"901_1": "901", "901_14": "901", "90-2": "90", "x/9 (1)": "x/9"}),
        ("norain-{id}.png", {"rain-001": "norain-001", "x2_rain-7": "norain-7"}),
        ("rain-{id}x2.png:norain-{id}.png", {"rain-1x2": "norain-1", "rain-ax2": "norain-a"}),
        ("{id}_gt", {"im_7": "7_gt", "sub/im_7": "sub/7_gt"}),
    ],
)
def test_rules_of_the_known_datasets(rule, expected):
    lq, gt = list(expected), sorted(set(expected.values()))
    found, matches = paired(lq, gt, rule)
    assert found == expected
    assert matches.unmatched_lq == matches.unmatched_gt == []


def test_the_longest_prefix_wins_and_ends_where_a_word_does():
    found, _ = paired(["10_1", "1_1", "im1_2"], ["1", "10", "im", "im1"], "prefix")
    assert found == {"10_1": "10", "1_1": "1", "im1_2": "im1"}
    _, matches = paired(["10_1"], ["1"], "prefix")
    assert matches.unmatched_lq == [0]
    assert matches.unmatched_gt == [0]


def test_who_has_no_partner_is_told_on_both_sides():
    _, matches = paired(["1", "2", "3"], ["2", "4"], "same")
    assert matches.pairs == [(1, 0)]
    assert matches.unmatched_lq == [0, 2]
    assert matches.unmatched_gt == [1]


@pytest.mark.parametrize("rule", ["sam", "norain-.png", "a{id}{id}", "rain:norain-{id}"])
def test_what_is_no_rule_is_refused(rule):
    with pytest.raises(ConfigError, match=r"not a rule.*'norain-{id}\.png'"):
        match_names(["1"], ["1"], rule)


def test_two_clean_images_for_one_are_refused():
    with pytest.raises(DataError, match="norain-1 and norain-1 both fit"):
        match_names(["1"], ["norain-1", "norain-1"], "norain-{id}")


@pytest.mark.parametrize(
    ("lq", "gt", "rule"),
    [
        (["rain-1", "rain-2"], ["norain-1", "norain-2"], "norain-{id}"),
        (["1_1", "1_2"], ["1"], "prefix"),
        (["norain-1x2", "norain-2x2"], ["norain-1", "norain-2"], "prefix"),
        (["rain-1x2", "rain-2x2"], ["norain-1", "norain-2"], "rain-{id}x2:norain-{id}"),
        (["a", "b"], ["c", "d"], None),
    ],
)
def test_a_rule_is_suggested_that_pairs_everything(lq, gt, rule):
    suggested = suggest_rule(lq, gt)
    if rule is None:
        assert suggested is None
    else:
        found = match_names(lq, gt, suggested)
        assert not found.unmatched_lq
        assert not found.unmatched_gt


def test_natural_order():
    names = ["rain-10", "rain-2", "Rain-1", "a", "10", "9", "rain-2b"]
    expected = ["9", "10", "a", "Rain-1", "rain-2", "rain-2b", "rain-10"]
    assert sorted(names, key=natural_key) == expected


def test_listing_leaves_out_what_is_hidden_or_no_image(tmp_path):
    for name in ("b.PNG", "a.jpg", ".c.png", "d.txt", "__MACOSX/a.jpg", "sub/e.tif", ".git/f.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert list_images(tmp_path) == ["a.jpg", "b.PNG", "sub/e.tif"]
    assert list_images(tmp_path, recursive=False) == ["a.jpg", "b.PNG"]

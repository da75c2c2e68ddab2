import base64

import numpy as np
import pytest
from leaderboard_samples import sample_results
from msgspec.structs import replace

from restorekit.errors import ConfigError, DataError
from restorekit.io.images import decode_image, write_image
from restorekit.leaderboard import choose_pictures, find_folders, rank_all
from restorekit.leaderboard.render.pictures import MAX_SIDE, data_uri

NAMES = [f"img-{number}" for number in range(1, 11)]


def smooth(value, size=(24, 32)):
    return np.full((*size, 3), value, np.uint8)


def decoded(uri):
    head, _, data = uri.partition(",")
    assert head == "data:image/webp;base64"
    return decode_image(base64.b64decode(data))


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Results of two methods, A's pictures beside its file, B's elsewhere; img-1 is hardest."""
    monkeypatch.chdir(tmp_path)
    psnr = {name: 20.0 + number for number, name in enumerate(NAMES)}
    for name in NAMES:
        write_image(tmp_path / f"a/{name}.png", smooth(50))
        write_image(tmp_path / f"elsewhere/{name}.png", smooth(150))
    return {"a.json": sample_results("A", psnr), "b.json": sample_results("B", psnr)}


def test_pictures_are_found_beside_the_file_and_where_one_says(results):
    folders = find_folders(results, ["B=elsewhere"])
    assert {source: str(folder) for source, folder in folders.items()} == {
        "a.json": "a",
        "b.json": "elsewhere",
    }
    (ranking,) = rank_all(results)
    pictures = choose_pictures(ranking, folders, 8)
    assert abs(decoded(pictures.uris["img-1"]["a.json"]).mean() - 50) < 2
    assert abs(decoded(pictures.uris["img-1"]["b.json"]).mean() - 150) < 2


def test_no_more_than_asked_for_from_the_hardest_to_the_easiest(results):
    (ranking,) = rank_all(results)
    folders = find_folders(results, ["B=elsewhere"])
    assert choose_pictures(ranking, folders, 4).names == ("img-1", "img-4", "img-7", "img-10")
    assert choose_pictures(ranking, folders, 1).names == ("img-1",)
    assert choose_pictures(ranking, folders, 0).names == ()
    assert choose_pictures(ranking, folders, 99).names == tuple(NAMES)


def test_an_image_with_one_picture_cannot_be_compared(results):
    (ranking,) = rank_all(results)
    assert choose_pictures(ranking, find_folders(results), 8).names == ()


def test_clean_images_may_have_other_names(results, tmp_path):
    for number in range(1, 11):
        write_image(tmp_path / f"clean/norain-{number}.png", smooth(20 * number))
    (ranking,) = rank_all(results)
    folders = find_folders(results, ["gt=clean"])
    pictures = choose_pictures(ranking, folders, 99)
    assert abs(decoded(pictures.uris["img-7"]["gt"]).mean() - 140) < 2


def test_large_pictures_are_reduced_and_small_ones_are_not():
    assert decoded(data_uri(smooth(9, (MAX_SIDE // 2, MAX_SIDE * 2)))).shape == (
        MAX_SIDE // 4,
        MAX_SIDE,
        3,
    )
    assert decoded(data_uri(smooth(9, (31, 47)))).shape == (31, 47, 3)


def test_pictures_of_other_sizes_are_refused(results, tmp_path):
    write_image(tmp_path / "elsewhere/img-1.png", smooth(150, (24, 30)))
    (ranking,) = rank_all(results)
    with pytest.raises(DataError, match=r"'img-1' differ in size.*a/img-1\.png 32×24"):
        choose_pictures(ranking, find_folders(results, ["B=elsewhere"]), 8)


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("B", "must be METHOD=FOLDER"),
        ("B=absent", "with a folder that exists"),
        ("PReNt=elsewhere", "'PReNt'.* Did you mean 'PReNet'"),
    ],
)
def test_mistakes_name_the_argument(results, argument, sentence):
    results["b.json"] = replace(results["b.json"], method="PReNet")
    with pytest.raises(ConfigError, match=sentence):
        find_folders(results, [argument])


def test_a_method_with_two_results_must_be_named_by_its_file(results):
    results["b.json"] = replace(results["b.json"], method="A")
    with pytest.raises(ConfigError, match=r"2 results files: name the file.*a\.json=FOLDER"):
        find_folders(results, ["A=elsewhere"])
    assert str(find_folders(results, ["b.json=elsewhere"])["b.json"]) == "elsewhere"


def test_clean_images_belong_to_one_test_set(results):
    other = sample_results("A", {"x": 30.0}, name="other", print_of="b")
    with pytest.raises(ConfigError, match="which of 2 test sets"):
        find_folders({**results, "c.json": other}, ["gt=elsewhere"])

"""Shared backgrounds are found whatever was done to one of them, and nothing else is."""

import copy

import cv2
import numpy as np
import pytest

from restorekit.datasets import open_images, open_pairs, write_lmdb
from restorekit.io.images import write_image
from restorekit.leaks import candidates, find_leaks, quick_look, search, thumbnails
from restorekit.leaks.agreement import agreement
from restorekit.leaks.alignment import overlay
from restorekit.leaks.candidates import oriented
from restorekit.leaks.thumbnails import LONGER_SIDE, thumbnail
from restorekit.leaks.windows import describe, windows
from restorekit.rain import RainRenderer

TRAIN = range(24)
TEST = (3, 11, 20)


def jpeg(image, quality):
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)


def resized(image, width, height=None):
    interpolation = cv2.INTER_AREA if width < 1 else cv2.INTER_CUBIC
    return cv2.resize(image, None, fx=width, fy=height or width, interpolation=interpolation)


def rained_on(image, preset, seed):
    return RainRenderer(preset)(np.ascontiguousarray(image), np.random.default_rng(seed))


#: What may have happened to a copy; ``i`` is different for each.
CHANGES = {
    "nothing": lambda image, i: image,
    "crop of 1": lambda image, i: image[1:, 1:],
    "crop of up to 16": lambda image, i: image[3 * i : -16 + i, 16 - i : -1 - 2 * i],
    "crop to 70 %": lambda image, i: image[10 * i : 10 * i + 112, 20 * i : 20 * i + 168],
    "square": lambda image, i: image[:, 40 * i : 40 * i + 160],
    "jpeg": lambda image, i: jpeg(image, 30),
    "half": lambda image, i: resized(image, 0.5),
    "double": lambda image, i: resized(image, 2),
    "squeezed": lambda image, i: resized(image, 1, 1.4),
    "mirrored": lambda image, i: image[:, ::-1],
    "mirrored crop to 75 %": lambda image, i: image[10 * i : 10 * i + 120, 60:][:, ::-1],
    "turned": lambda image, i: np.rot90(image, i + 1),
    "darker": lambda image, i: (255 * (image / 255) ** 1.5).astype(np.uint8),
    "jpeg of a smaller crop": lambda image, i: jpeg(resized(image[7:-2, 5:-9], 0.7), 30),
}
RAINED = {
    "rain100l": lambda image, i: rained_on(image, "rain100l", i),
    "rain100h": lambda image, i: rained_on(image, "rain100h", i),
    "rain1200": lambda image, i: rained_on(image, "rain1200", i),
    "jpeg of a mirrored crop in heavy rain": lambda image, i: jpeg(
        rained_on(image[4:-9, 12:-3][:, ::-1], "rain100h", i), 30
    ),
}


@pytest.fixture
def folder_of(tmp_path):
    """A function that writes images to a folder under their numbers, and opens it."""

    def write(name, images):
        for number, image in images.items():
            write_image(tmp_path / name / f"{number}.png", np.ascontiguousarray(image))
        return open_images(tmp_path / name)

    return write


def numbers(leaks):
    """Return the numbers of the files of each pair."""
    return {tuple(int(p.rpartition("/")[2][:-4]) for p in (one.train, one.test)) for one in leaks}


@pytest.fixture
def train(folder_of, scene):
    return folder_of("train", {i: scene(i) for i in TRAIN})


def as_pairs(reader):
    """Return the reader with its images as the clean ones of pairs."""
    pairs = copy.copy(reader)
    pairs.file_layout = "pair"
    return pairs


@pytest.mark.parametrize("change", CHANGES)
def test_copies_are_found_and_nothing_else(train, folder_of, scene, change):
    images = {i: CHANGES[change](scene(i), k) for k, i in enumerate(TEST)}
    images |= {i: CHANGES[change](scene(i), 1) for i in (100, 101, 102)}
    test = folder_of("test", images)
    for one, other in ((train, test), (as_pairs(train), as_pairs(test))):
        leaks = find_leaks(one, other, workers=1)
        assert numbers(leaks) == {(i, i) for i in TEST}
        assert all(0.9 < leak.score <= 1 for leak in leaks)
        # Neither side is special: the larger image may be on either.
        assert numbers(find_leaks(other, one, workers=1)) == {(i, i) for i in TEST}


@pytest.mark.parametrize("change", RAINED)
def test_copies_are_found_through_the_rain(train, folder_of, scene, change):
    images = {i: RAINED[change](scene(i), i) for i in (*TEST, 100, 101, 102)}
    leaks = find_leaks(train, folder_of("test", images), workers=1)
    assert numbers(leaks) == {(i, i) for i in TEST}


def test_clean_images_are_compared_where_both_sides_have_them(tmp_path, scene):
    # The same rain over different scenes, and other rain over the same scene.
    for kind, scenes, rain in (("train", (1, 2, 3), (7, 7, 7)), ("test", (4, 3, 5), (7, 8, 7))):
        for i, (number, seed) in enumerate(zip(scenes, rain, strict=True)):
            clean = scene(number)
            write_image(tmp_path / kind / "gt" / f"{i}.png", clean)
            write_image(tmp_path / kind / "lq" / f"{i}.png", rained_on(clean, "rain100h", seed))
    leaks = find_leaks(open_pairs(tmp_path / "train"), open_pairs(tmp_path / "test"))
    assert [(leak.train, leak.test) for leak in leaks] == [
        (str(tmp_path / "train/lq/2.png"), str(tmp_path / "test/lq/1.png"))
    ]


def test_every_rainy_version_of_a_clean_image_is_named(tmp_path, scene, folder_of):
    for number in (1, 2):
        write_image(tmp_path / "train/gt" / f"{number}.png", scene(number))
        for version in (1, 2, 3):
            write_image(tmp_path / "train/lq" / f"{number}_{version}.png", scene(50 + version))
    test = folder_of("test", {9: scene(2)[3:], 8: scene(2)[3:]})
    leaks = find_leaks(open_pairs(tmp_path / "train", pairing="prefix"), test)
    found = {tuple(p.rpartition("/")[2] for p in (one.train, one.test)) for one in leaks}
    assert found == {(f"2_{v}.png", f"{n}.png") for v in (1, 2, 3) for n in (8, 9)}


def test_a_folder_with_itself_gives_its_copies(folder_of, scene):
    images = {1: scene(1), 2: scene(2), 3: scene(1), 4: scene(2)[5:, 5:], 5: scene(5)}
    reader = folder_of("all", images)
    found = {tuple(sorted(pair)) for pair in numbers(find_leaks(reader, reader))}
    assert found == {(1, 3), (2, 4)}


def test_large_sets_are_compared_in_groups(folder_of, scene):
    train = folder_of("train", {i: scene(i, 40, 60) for i in range(190, 260)})
    test = folder_of("test", {i: scene(i, 40, 60)[1:, 1:] for i in range(60, 200)})
    assert numbers(find_leaks(train, test)) == {(i, i) for i in range(190, 200)}
    assert numbers(find_leaks(test, train)) == {(i, i) for i in range(190, 200)}


def test_what_is_found_does_not_depend_on_threads_or_on_neighbours(train, folder_of, scene):
    test = folder_of("test", {i: scene(i)[i : i + 100] for i in (*TEST, 100)})
    leaks = find_leaks(train, test, threshold=0.05, workers=1)
    assert leaks == find_leaks(train, test, threshold=0.05, workers=3)
    alone = find_leaks(train, folder_of("alone", {11: scene(11)[11:111]}), 0.05)
    assert [one.score for one in alone] == [one.score for one in leaks if "11.png" in one.test]


def test_images_that_show_nothing_match_nothing(folder_of, scene):
    rng = np.random.default_rng(0)
    flat = {
        1: np.full((40, 60, 3), 90, np.uint8),
        2: np.zeros((1, 1, 3), np.uint8),
        3: np.full((8, 3000, 3), 255, np.uint8),
        4: rng.integers(118, 122, (100, 120, 3), dtype=np.uint8),
        5: scene(5),
    }
    other = {6: flat[1], 7: flat[2], 8: flat[3], 9: rng.integers(118, 122, (100, 120, 3), np.uint8)}
    assert find_leaks(folder_of("flat", flat), folder_of("other", other), threshold=0.01) == []


def test_exact_copies_are_found_where_displacements_change_nothing(folder_of):
    rows = np.random.default_rng(1).uniform(0, 255, 20)
    stripes = cv2.resize(np.repeat(rows[:, None], 20, axis=1), (200, 150))
    image = np.repeat(stripes[:, :, None], 3, axis=2).astype(np.uint8)
    train, test = folder_of("train", {1: image}), folder_of("test", {2: image})
    assert numbers(find_leaks(train, test)) == {(1, 2)}
    assert numbers(find_leaks(as_pairs(train), as_pairs(test))) == {(1, 2)}


def test_a_background_is_the_clean_image_of_any_reader(tmp_path, scene):
    lq, gt = scene(1, 40, 60), scene(2, 40, 60)
    write_image(tmp_path / "pairs/lq/1.png", lq)
    write_image(tmp_path / "pairs/gt/1.png", gt)
    write_image(tmp_path / "beside/1.png", np.hstack([gt, lq]))
    readers = [open_pairs(tmp_path / "pairs")]
    readers.append(open_pairs(tmp_path / "beside", layout="side_by_side"))
    for kind, place in ((0, "raw"), (0, "encoded"), (1, "raw"), (1, "encoded")):
        write_lmdb(readers[kind], tmp_path / f"{kind}{place}", place)
        readers.append(open_pairs(tmp_path / f"{kind}{place}"))
    for reader in readers:
        np.testing.assert_array_equal(reader.background(0), gt)
    np.testing.assert_array_equal(open_images(tmp_path / "pairs/lq").background(0), lq)


def test_a_window_is_described_by_its_cosine_transform(scene):
    # Sides of which every window is a whole number of cells, so that OpenCV can do the same.
    image = thumbnail(scene(3, 120, 120))
    described = describe(image)
    assert described.shape == (len(windows()), described.shape[1])
    np.testing.assert_allclose(np.linalg.norm(described, axis=1), 1, atol=0.05)
    spectra = []
    for top, bottom, left, right in ((0, 1, 0, 1), (0, 0.9, 0.1, 1), (0.15, 0.85, 0, 0.8)):
        part = image[round(top * 120) : round(bottom * 120), round(left * 120) : round(right * 120)]
        cells = cv2.resize(part.astype(np.float32), (12, 12), interpolation=cv2.INTER_AREA)
        spectrum = cv2.dct(cells)
        radius = np.hypot(*np.indices((12, 12)))
        expected = (spectrum * radius)[(radius > 0) & (radius < 10)]
        place = [np.allclose(window, (top, bottom, left, right)) for window in windows()].index(
            True
        )
        cosine = expected @ described[place] / np.linalg.norm(expected)
        assert cosine == pytest.approx(np.linalg.norm(described[place]), abs=1e-4)
        spectra.append(described[place])
    assert len({window.tobytes() for window in spectra}) == 3


@pytest.mark.parametrize("orientation", range(8))
def test_orientations_are_the_eight_of_a_rectangle(orientation):
    image = np.arange(6, dtype=np.uint8).reshape(2, 3)
    expected = [image, image[:, ::-1], image[::-1], image[::-1, ::-1]]
    expected += [view.T for view in expected]
    turned = oriented(image, orientation)
    assert sum(np.array_equal(turned, view) for view in expected) == 1
    others = [oriented(image, other) for other in range(8) if other != orientation]
    assert not any(np.array_equal(turned, other) for other in others)


def test_a_window_that_is_a_little_off_is_put_right(scene):
    whole = thumbnail(scene(4))
    # 60 rows and 90 columns of 85 and 128, from row 11 and column 20.
    part = whole[11:71, 20:110]
    truth = np.array([11 / 85, 71 / 85, 20 / 128, 110 / 128])
    for shift in (0, 0.04, -0.04):
        one, other, inside = overlay(part, whole, tuple(truth + shift))
        assert inside.mean() > 0.9
        difference = np.abs(one - other)[inside]
        assert np.median(difference) < 3
        if shift:
            top, left = round((11 / 85 + shift) * 85), round((20 / 128 + shift) * 128)
            astray = whole[top : top + 60, left : left + 90].astype(float)
            assert np.median(np.abs(part - astray)) > 3 * np.median(difference)


def test_agreement_says_how_much_and_how_singularly_structure_agrees(scene):
    one, other = (thumbnail(scene(seed)).astype(np.float32) for seed in (5, 6))
    everywhere = np.ones(one.shape, bool)
    same = agreement(one, one, everywhere)
    assert same.correlation == pytest.approx(1, abs=1e-5)
    assert same.lead > 0.3
    assert same.score(clean=True) > 0.99
    # Displaced beyond what counts as the same place, but not beyond what is looked at.
    moved = agreement(one, np.roll(one, 9, axis=1), everywhere)
    assert moved.lead < -0.5
    different = agreement(one, other, everywhere)
    assert abs(different.correlation) < 0.3
    assert max(different.score(clean=False), moved.score(clean=False)) < 0.01
    # Brightness and contrast do not count.
    dimmed = agreement(one, 0.7 * one + 20, everywhere)
    assert dimmed.correlation == pytest.approx(1, abs=0.01)
    # Where one of them has hardly any pixels, nothing can be said.
    assert agreement(one, one, np.zeros(one.shape, bool)).correlation == 0


def test_clean_images_have_to_agree_nearly_everywhere(scene):
    """Half of a scene may be what the rain left of it, but is no copy of a clean image."""
    one, other = (thumbnail(scene(seed)).astype(np.float32) for seed in (5, 6))
    half = np.where(np.arange(one.shape[1]) < one.shape[1] // 2, one, other)
    agreed = agreement(one, half, np.ones(one.shape, bool))
    assert agreed.score(clean=True) < 0.1
    assert agreed.score(clean=False) > 0.9


def test_noise_in_a_sky_does_not_count():
    sky = np.full((85, 128), 150.0)
    cv2.fillPoly(sky, [np.array([[40, 30], [90, 25], [70, 70]], np.int32)], 60.0)
    rng = np.random.default_rng(3)
    one, other = ((sky + rng.normal(scale=1.5, size=sky.shape)).astype(np.float32) for _ in "ab")
    assert agreement(one, other, np.ones(sky.shape, bool)).correlation > 0.9


def test_a_thumbnail_is_an_average(scene):
    image = scene(7, 256, 512)
    small = thumbnail(image)
    assert small.shape == (64, LONGER_SIDE)
    grey = image @ (0.299, 0.587, 0.114)
    means = grey.reshape(64, 4, 128, 4).mean(axis=(1, 3))
    assert np.abs(small - means).max() < 1
    assert thumbnail(image[:30, :40]).shape == (30, 40)
    assert thumbnail(image[:4, :500]).shape == (4, 128)


def test_a_quick_look_finds_the_same_if_it_has_the_time(train, folder_of, scene):
    test = folder_of("test", {i: scene(i)[4:-4] for i in (*TEST, 100)})
    look = quick_look([train], [test], seconds=600)
    assert (look.train_seen, look.test_seen) == (len(TRAIN), 4)
    found = {(train.label(one[1]), test.label(other[1])) for one, other in look.leaks}
    assert found == {(leak.train, leak.test) for leak in find_leaks(train, test)}
    # The same images, now as a second data set each.
    look = quick_look([test, train], [folder_of("none", {200: scene(200)}), test], seconds=600)
    pairs = {((0, place), (1, place)) for place in range(4)}
    pairs |= {((1, train.names.index(n)), (1, test.names.index(n))) for n in map(str, TEST)}
    assert set(look.leaks) == pairs


def test_a_quick_look_ends_in_time_and_says_how_far_it_came(train, folder_of, scene):
    test = folder_of("test", {i: scene(i) for i in TRAIN})
    look = quick_look([train], [test], seconds=0)
    assert (look.train_seen, look.test_seen) == (1, 1)
    assert quick_look([train], [test], seconds=0) == look


def test_memory_is_for_a_few_thumbnails_however_many_there_are(tmp_path, scene, monkeypatch):
    """Files and small blocks in place of memory find the same."""
    for number in (*TRAIN, 3, 11):
        many = len(list((tmp_path / "train").glob("*")))
        write_image(tmp_path / "train" / f"{many}.png", scene(number))
    for number in TEST:
        write_image(tmp_path / "test" / f"{number}.png", scene(number)[4:, 7:].copy())
    train, test = open_images(tmp_path / "train"), open_images(tmp_path / "test")
    expected = [find_leaks(train, test), find_leaks(train, train)]
    assert len(expected[0]) == 5
    assert len(expected[1]) == 2
    monkeypatch.setattr(thumbnails, "_IN_MEMORY", 1)
    monkeypatch.setattr(search, "_TEST_GROUP", 1)
    monkeypatch.setattr(search, "_TEST_BLOCK", 2)
    monkeypatch.setattr(search, "TRAIN_GROUP", 5)
    assert [find_leaks(train, test), find_leaks(train, train)] == expected
    described = []
    views = candidates._Views.__init__

    def counting(self, images, whole=False):
        described.append(len(images))
        views(self, images, whole)

    monkeypatch.setattr(candidates._Views, "__init__", counting)
    find_leaks(train, test)
    assert max(described) <= 5


def test_thumbnails_come_back_as_they_were(monkeypatch):
    monkeypatch.setattr(thumbnails, "_IN_MEMORY", 100)
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (h, w), dtype=np.uint8) for h, w in ((3, 9), (16, 128), (7, 7))]
    kept = thumbnails.Thumbnails()
    for image in images:
        kept.append(image)
    assert len(kept) == 3
    for one, image in zip(kept[0:], images, strict=True):
        np.testing.assert_array_equal(one, image)
    np.testing.assert_array_equal(kept[1], images[1])
    with pytest.raises(IndexError):
        kept[3]

"""What the conditions of a robustness report do to a photograph."""

import cv2
import numpy as np
import pytest

from restorekit.io.images import decode_image, encode_image
from restorekit.rain import RAIN_PRESETS, RainRenderer
from restorekit.robustness import AXES, conditions
from restorekit.robustness.conditions import Condition


@pytest.fixture(scope="module")
def photo():
    rng = np.random.default_rng(0)
    field = cv2.resize(rng.uniform(30, 200, (8, 12, 3)), (192, 128))
    return np.clip(field, 0, 255).astype(np.uint8)


def by_axis(axis, quick=False):
    return [one for one in conditions(quick) if one.axis == axis]


def test_keys_are_unique_and_the_quick_ones_are_some_of_them():
    every, quick = ([one.key for one in conditions(flag)] for flag in (False, True))
    assert len(set(every)) == len(every)
    assert set(quick) < set(every)
    assert {one.axis for one in conditions(True)} == set(AXES)


def test_kinds_are_the_presets(photo):
    assert [one.value for one in by_axis("kind")] == list(RAIN_PRESETS)


def test_same_seed_and_photo_give_the_same_rain_and_others_do_not(photo):
    condition = by_axis("kind")[0]
    rainy, clean = condition.make(photo, 0)
    assert np.array_equal(clean, photo)
    assert np.array_equal(rainy, condition.make(photo.copy(), 0)[0])
    assert not np.array_equal(rainy, condition.make(photo, 1)[0])
    other = photo.copy()
    other[0, 0, 0] ^= 1
    assert not np.array_equal(rainy[8:, 8:], condition.make(other, 0)[0][8:, 8:])


def test_kinds_that_leave_images_dry_are_drawn_until_there_is_rain(photo):
    (real,) = [one for one in by_axis("kind") if one.value == "real"]
    photos = [np.roll(photo, shift, axis=1) for shift in range(12)]
    render = RainRenderer("real")
    dry = [
        np.array_equal(render(one, np.random.default_rng(n)), one) for n, one in enumerate(photos)
    ]
    assert any(dry)
    assert not any(np.array_equal(*real.make(one, 0)) for one in photos)


def test_more_streaks_change_more_and_none_change_nothing(photo):
    found = by_axis("strength")
    changes = [float(np.mean(one.make(photo, 0)[0] != photo)) for one in found]
    assert changes[0] == 0
    assert found[0].is_dry
    assert changes == sorted(changes)
    assert changes[-1] > 4 * changes[1]


@pytest.mark.parametrize("degrees", [-45, 0, 45])
def test_streaks_run_in_the_direction_of_the_condition(degrees):
    (condition,) = [one for one in by_axis("direction") if one.number == degrees]
    grey = np.full((192, 192, 3), 60, np.uint8)
    rain = condition.make(grey, 0)[0][..., 0].astype(float) - 60
    # The structure tensor's weakest direction is the one along the streaks.
    dy, dx = np.gradient(rain)
    tensor = np.array([[np.sum(dx * dx), np.sum(dx * dy)], [np.sum(dx * dy), np.sum(dy * dy)]])
    x, y = np.linalg.eigh(tensor)[1][:, 0]
    measured = np.degrees(np.arctan2(x, y))
    measured = (measured + 90) % 180 - 90
    assert abs(measured - degrees) < 4


def test_size_reduces_the_rainy_image_of_full_size(photo):
    (half,) = [one for one in by_axis("size") if one.number == 50]
    full, clean = half.make(photo, 0)
    whole = RainRenderer(half.rain)
    assert full.shape == clean.shape == (64, 96, 3)
    rainy, _ = Condition("size", "100", 100, whole.rain).make(photo, 0)
    # The mean of four pixels, rounded.
    means = rainy.reshape(64, 2, 96, 2, 3).mean(axis=(1, 3))
    assert np.abs(full - means).max() <= 0.5


def test_jpeg_compresses_the_input_alone(photo):
    for condition in by_axis("jpeg"):
        plain, _ = Condition("jpeg", "none").make(photo, 0)
        rainy, clean = condition.make(photo, 0)
        assert np.array_equal(clean, photo)
        expected = decode_image(encode_image(plain, ".jpg", int(condition.number)))
        assert np.array_equal(rainy, expected)

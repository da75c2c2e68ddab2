"""Both images get the same; what is done is recomputed from what was drawn."""

import cv2
import numpy as np
import pytest
import torch

from restorekit.errors import ConfigError, DataError
from restorekit.registry import TRANSFORMS
from restorekit.transforms import DCSFNAugment, PackInputs, PairedFlip, PairedRotate90
from restorekit.transforms.paired import PairedTransform

RANDOM = [
    {"type": "PairedRandomCrop", "patch_size": 16},
    {"type": "PairedFlip", "horizontal": 0.5, "vertical": 0.5},
    {"type": "PairedRotate90"},
    {"type": "DCSFNAugment", "patch_size": 16},
]


def coordinates(height, width):
    """An image whose pixels say where they come from: row, column, and their sum."""
    y, x = np.mgrid[:height, :width]
    image = np.stack([y, x, y + x], axis=2).astype(np.uint8)
    image.flags.writeable = False
    return image


def sample(seed, height=40, width=50, gt=True):
    results = {"lq": coordinates(height, width), "name": "a", "index": 3}
    if gt:
        results["gt"] = 255 - results["lq"]
        results["gt"].flags.writeable = False
    return {**results, "rng": np.random.default_rng(seed)}


@pytest.mark.parametrize("config", RANDOM, ids=lambda c: c["type"])
def test_lq_and_gt_are_cut_and_turned_alike_from_read_only_pixels(config):
    transform = TRANSFORMS.build(config)
    seen = set()
    for seed in range(20):
        results = transform(sample(seed))
        # Corners that a rotation leaves black are black in both; resizing rounds.
        white = np.full((40, 50, 3), 255, np.uint8)
        drawn = transform.draw(np.random.default_rng(seed), 40, 50)
        inside = transform.apply(white, drawn) == 255
        assert inside.sum() > 100
        total = results["lq"].astype(int) + results["gt"]
        assert np.abs(total[inside] - 255).max() <= 1
        alone = transform(sample(seed, gt=False))
        np.testing.assert_array_equal(alone["lq"], results["lq"])
        assert alone.get("gt") is None
        seen.add(results["lq"].tobytes())
    assert len(seen) > 3


def test_a_crop_of_a_smaller_image_is_refused_or_mirrored_at_the_bottom_and_at_the_right():
    config = {"type": "PairedRandomCrop", "patch_size": 20}
    with pytest.raises(DataError, match="50×12 pixels, smaller than the 20×20"):
        TRANSFORMS.build(config)(sample(0, height=12))
    transform = TRANSFORMS.build({**config, "smaller": "reflect"})
    results = transform(sample(0, height=12))
    left = results["lq"][0, 0, 1]
    window = coordinates(12, 50)[:, left : left + 20]
    expected = np.pad(window, ((0, 8), (0, 0), (0, 0)), mode="symmetric")
    np.testing.assert_array_equal(results["lq"], expected)
    np.testing.assert_array_equal(results["gt"], 255 - expected)
    assert transform.min_size == 1
    with pytest.raises(ConfigError, match="'pad'"):
        TRANSFORMS.build({**config, "smaller": "pad"})


def test_the_patch_size_of_a_sample_comes_first():
    transform = TRANSFORMS.build({"type": "PairedRandomCrop", "patch_size": 20})
    found = transform({**sample(4), "patch_size": 12})["lq"]
    alone = TRANSFORMS.build({"type": "PairedRandomCrop", "patch_size": 12})(sample(4))["lq"]
    np.testing.assert_array_equal(found, alone)


def test_a_crop_is_the_window_of_the_image_and_every_window_can_come():
    transform = TRANSFORMS.build({"type": "PairedRandomCrop", "patch_size": 38})
    windows = set()
    for seed in range(200):
        results = transform(sample(seed, height=40, width=39))
        top, left = results["lq"][0, 0, :2].tolist()
        windows.add((top, left))
        whole = sample(0, height=40, width=39)
        for key in ("lq", "gt"):
            expected = whole[key][top : top + 38, left : left + 38]
            np.testing.assert_array_equal(results[key], expected)
    assert windows == {(t, s) for t in range(3) for s in range(2)}


def test_a_crop_reads_only_its_rows():
    whole = sample(0)
    pixels = whole["lq"]
    patch = TRANSFORMS.build({"type": "PairedRandomCrop", "patch_size": 16})(whole)["lq"]
    assert np.shares_memory(patch, pixels)


@pytest.mark.parametrize("config", [RANDOM[0], RANDOM[3]], ids=lambda c: c["type"])
def test_images_smaller_than_the_patch_are_named(config):
    transform = TRANSFORMS.build(config)
    transform(sample(0, transform.min_size, transform.min_size))
    with pytest.raises(DataError, match=r"^a is 50×\d+ pixels.*patch_size"):
        transform(sample(0, transform.min_size - 1, 50))


def test_flips_and_turns_are_all_of_the_eight_and_nothing_else():
    image = coordinates(7, 7)
    eight = {np.rot90(i, k).tobytes() for i in (image, image[:, ::-1]) for k in range(4)}
    seen = set()
    for seed in range(100):
        results = sample(seed, 7, 7)
        seen.add(PairedRotate90()(PairedFlip(0.5, 0.5)(results))["lq"].tobytes())
    assert seen == eight


@pytest.mark.parametrize("horizontal", [0.0, 0.25, 1.0])
def test_flips_come_as_often_as_asked(horizontal):
    transform = PairedFlip(horizontal=horizontal)
    rng = np.random.default_rng(0)
    mirrored = [transform.draw(rng, 4, 4)[0] for _ in range(2000)]
    assert np.mean(mirrored) == pytest.approx(horizontal, abs=0.04)
    assert not any(transform.draw(rng, 4, 4)[1] for _ in range(100))


@pytest.mark.parametrize("probability", [50, -0.1, "often"])
def test_flips_of_no_probability_are_refused(probability):
    with pytest.raises(ConfigError, match="PairedFlip: vertical="):
        PairedFlip(vertical=probability)


def as_released(image, drawn, side):
    """The steps of the released code on floats in [0, 1]."""
    image = image.astype(np.float32) / 255
    patch = image[drawn.top : drawn.top + drawn.height, drawn.left : drawn.left + drawn.width]
    patch = cv2.resize(patch, (side, side))
    if drawn.mirrored:
        patch = np.flip(patch, axis=1)
    centre = (int(side / 2), int(side / 2))
    return cv2.warpAffine(patch, cv2.getRotationMatrix2D(centre, drawn.degrees, 1), (side, side))


def test_dcsfn_augmentation_is_the_released_one_up_to_rounding():
    transform = DCSFNAugment(patch_size=64)
    image = cv2.GaussianBlur(
        np.random.default_rng(5).integers(0, 256, (90, 100, 3), dtype=np.uint8), (0, 0), 1.5
    )
    rng = np.random.default_rng(1)
    draws = [transform.draw(rng, 90, 100) for _ in range(400)]
    for drawn in draws[:20]:
        difference = transform.apply(image, drawn) - as_released(image, drawn, 64) * 255
        # One level for each rounding, and the fixed-point weights of 8-bit interpolation.
        assert np.abs(difference).max() < 2
    assert {d.height for d in draws} == {d.width for d in draws} == set(range(48, 81))
    assert {d.degrees for d in draws} == set(range(-30, 31))
    assert {d.mirrored for d in draws} == {True, False}
    assert any(d.height != d.width for d in draws)
    assert all(d.top + d.height <= 90 and d.left + d.width <= 100 for d in draws)
    assert transform.min_size == 80


def test_packing_copies_into_planes():
    results = sample(0, 1, 5)
    packed = PackInputs()({**results, "anything": object()})
    assert set(packed) == {"lq", "gt", "name", "index"}
    assert packed["lq"].dtype == torch.uint8
    assert packed["lq"].is_contiguous()
    for plane in range(3):
        np.testing.assert_array_equal(packed["lq"][plane].numpy(), results["lq"][:, :, plane])
    packed["lq"].zero_()
    assert results["lq"].any()
    assert "gt" not in PackInputs()(sample(0, gt=False))


def test_a_transform_of_your_own_needs_two_methods():
    class Shift(PairedTransform):
        def draw(self, rng, height, width):
            return int(rng.integers(1, width))

        def apply(self, image, drawn):
            return np.roll(image, drawn, axis=1)

    results = Shift()(sample(0))
    assert (results["lq"].astype(int) + results["gt"] == 255).all()
    assert Shift().min_size == 1

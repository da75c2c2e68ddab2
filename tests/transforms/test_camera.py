"""The camera changes both images alike and leaves a pair without rain equal."""

import cv2
import numpy as np
import pytest
import skimage.data

from restorekit.errors import ConfigError
from restorekit.registry import TRANSFORMS
from restorekit.transforms import PairedCamera, PairedExposure, PairedScaledCrop


def sample(seed, **images):
    return {"name": "a", "index": 0, "rng": np.random.default_rng(seed), **images}


@pytest.fixture
def photo():
    photo = skimage.data.astronaut()[:120, 150:290]
    photo.flags.writeable = False
    return photo


@pytest.mark.parametrize("transform", [PairedCamera(), PairedExposure()], ids=repr)
def test_equal_images_stay_equal(transform, photo):
    changed = 0
    for seed in range(20):
        results = transform(sample(seed, lq=photo, gt=photo.copy()))
        np.testing.assert_array_equal(results["lq"], results["gt"])
        assert results["lq"].shape == photo.shape
        assert results["lq"].dtype == np.uint8
        changed += (results["lq"] != photo).any()
    assert 5 < changed < 20


def test_noise_has_the_asked_strength_and_is_the_same_for_both():
    camera = PairedCamera(noise=(4, 4), sharpening=(0, 0), quality=(100, 100), probability=1)
    drawn = camera.draw(np.random.default_rng(0), 100, 100)
    grey = np.full((100, 100, 3), 100, np.uint8)
    noisy = [camera.apply(image, {**drawn, "quality": None}) for image in (grey, grey + 50)]
    assert (noisy[0].astype(float) - 100).std() == pytest.approx(4, rel=0.03)
    # Rounded twice in float32.
    np.testing.assert_allclose(noisy[0] + 50, noisy[1], atol=1)


def test_the_file_is_opencvs_jpeg_in_the_right_order_of_colours(photo):
    camera = PairedCamera(noise=(0, 0), sharpening=(0, 0), quality=(80, 80), probability=1)
    drawn = camera.draw(np.random.default_rng(0), 120, 140)
    result = camera.apply(photo, {**drawn, "noise": None, "sharpening": None})
    bgr = cv2.cvtColor(photo, cv2.COLOR_RGB2BGR)
    _, file = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])
    expected = cv2.cvtColor(cv2.imdecode(file, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    np.testing.assert_array_equal(result, expected)


def test_sharpening_raises_the_contrast_of_edges(photo):
    camera = PairedCamera(noise=(0, 0), sharpening=(1, 1), probability=1)
    drawn = camera.draw(np.random.default_rng(0), 120, 140)
    result = camera.apply(photo, {**drawn, "noise": None, "quality": None})
    assert cv2.Laplacian(result, cv2.CV_64F).std() > 1.3 * cv2.Laplacian(photo, cv2.CV_64F).std()


def test_exposure_follows_gamma_and_gain():
    exposure = PairedExposure(gain=(0.5, 0.5), gamma=(2, 2), probability=1)
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    result = exposure(sample(0, gt=ramp))["gt"]
    np.testing.assert_allclose(result, 127.5 * (ramp / 255) ** 2, atol=0.51)


def test_scaled_crops_average_pixels_and_have_one_size(photo):
    crop = TRANSFORMS.build({"type": "PairedScaledCrop", "patch_size": 40, "max_scale": 2.0})
    sides = set()
    for seed in range(60):
        top, left, side = crop.draw(np.random.default_rng(seed), 120, 140)
        sides.add(side)
        results = crop(sample(seed, gt=photo, lq=255 - photo))
        window = photo[top : top + side, left : left + side]
        assert results["gt"].shape == (40, 40, 3)
        np.testing.assert_allclose(results["gt"].mean(), window.mean(), atol=0.6)
        assert np.abs(results["gt"] + results["lq"].astype(int) - 255).max() <= 1
    assert min(sides) < 45
    assert 75 < max(sides) <= 80


def test_a_scaled_crop_takes_what_a_small_image_has():
    crop = PairedScaledCrop(patch_size=40, max_scale=3.0)
    image = np.zeros((40, 90, 3), np.uint8)
    assert {crop.draw(np.random.default_rng(s), 40, 90)[2] for s in range(10)} == {40}
    assert crop(sample(0, gt=image))["gt"].shape == (40, 40, 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "PairedCamera", "noise": (6, 0)},
        {"type": "PairedCamera", "quality": (0, 100)},
        {"type": "PairedExposure", "gain": 0.5},
        {"type": "PairedExposure", "probability": 1.5},
        {"type": "PairedStructures", "probability": -0.1},
        {"type": "PairedScaledCrop", "patch_size": 40, "max_scale": 0.5},
    ],
    ids=str,
)
def test_impossible_arguments_are_refused(wrong):
    key = next(reversed(wrong))
    with pytest.raises(ConfigError, match=f"{wrong['type']}.*{key}"):
        TRANSFORMS.build(wrong)

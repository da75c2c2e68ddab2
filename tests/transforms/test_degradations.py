"""Degradations other than rain."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image as PILImage

from restorekit.datasets import DegradedDataset, SampleIndex
from restorekit.errors import ConfigError
from restorekit.registry import TRANSFORMS
from restorekit.transforms.degradations.blur import motion_kernel
from restorekit.transforms.degradations.raindrops import AddRaindrops

NAMES = ["AddBlur", "AddHaze", "AddJPEG", "AddNoise", "AddRaindrops", "AddSnow"]


def degrade(name, image, seed=0, **arguments):
    transform = TRANSFORMS.build({"type": name, **arguments})
    return transform.degrade(image, np.random.default_rng(seed))


@pytest.fixture
def scene():
    """A picture with structure at every scale."""
    noise = np.random.default_rng(1).normal(0, 1, (90, 120, 3))
    smooth = sum(cv2.GaussianBlur(noise, (0, 0), s) * s for s in (1, 4, 12))
    return np.clip(128 + 60 * smooth, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", NAMES)
def test_lq_alone_is_degraded_and_only_by_the_samples_numbers(name, scene):
    scene.setflags(write=False)
    many = {"density": (2000, 3000)} if name == "AddRaindrops" else {}
    transform = TRANSFORMS.build({"type": name, **many})
    before = scene.copy()
    results = [
        transform({"lq": scene, "gt": scene, "rng": np.random.default_rng(seed)})
        for seed in (3, 3, 4)
    ]
    for one in results:
        assert one["gt"] is scene
        assert (one["lq"].shape, one["lq"].dtype) == (scene.shape, np.uint8)
    np.testing.assert_array_equal(scene, before)
    np.testing.assert_array_equal(results[0]["lq"], results[1]["lq"])
    assert (results[0]["lq"] != scene).any()
    assert (results[0]["lq"] != results[2]["lq"]).any()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (33, 2)])
def test_any_size(name, size):
    image = np.full((*size, 3), 90, np.uint8)
    assert degrade(name, image).shape == image.shape


def test_noise_has_its_standard_deviation():
    grey = np.full((200, 200, 3), 128, np.uint8)
    noise = degrade("AddNoise", grey, sigma=(12, 12)).astype(float) - 128
    assert abs(noise.std() - 12) < 0.1
    assert abs(noise.mean()) < 0.1


def test_jpeg_is_pillows(scene):
    ours = degrade("AddJPEG", scene, quality=(40, 40))
    file = io.BytesIO()
    PILImage.fromarray(scene).save(file, "JPEG", quality=40, subsampling="4:2:0")
    theirs = np.asarray(PILImage.open(file))
    assert np.abs(ours.astype(int) - theirs).max() <= 2


def test_blur_keeps_the_light():
    dot = np.zeros((81, 81, 3), np.uint8)
    dot[38:43, 38:43] = 255
    for motion in (0, 1):
        blurred = degrade("AddBlur", dot, motion=motion, sigma=(2, 2), length=(15, 15))
        assert blurred.max() < 255
        # Levels below half a step are lost.
        assert ((blurred / 255) ** 2.2).sum() == pytest.approx(25 * 3, rel=0.02)


def test_a_path_without_turns_is_a_line_of_its_length():
    for seed in range(20):
        kernel = motion_kernel(np.random.default_rng(seed), 12, 0)
        assert kernel.sum() == pytest.approx(1, abs=1e-5)
        position = np.indices(kernel.shape) - kernel.shape[0] // 2
        mean = (kernel * position).sum(axis=(1, 2))
        np.testing.assert_allclose(mean, 0, atol=0.05)
        # The variance of a line of length L is L² / 12.
        spread = (kernel * (position**2).sum(axis=0)).sum()
        assert spread == pytest.approx(12**2 / 12, rel=0.1)


def test_haze_obeys_koschmieders_law():
    black, white = (np.full((60, 80, 3), level, np.uint8) for level in (0, 255))
    arguments = {"beta": (1.0, 1.0), "airlight": (0.8, 0.8)}
    on_black = degrade("AddHaze", black, **arguments).astype(float)
    on_white = degrade("AddHaze", white, **arguments).astype(float)
    transmission = (on_white - on_black) / 255
    assert transmission.min() >= np.exp(-1) - 0.01
    assert transmission.max() <= 1.01
    np.testing.assert_allclose(on_black, 0.8 * 255 * (1 - transmission), atol=1.1)
    # The farther up, the farther away.
    assert transmission[:20].mean() < transmission[-20:].mean()


def test_snow_only_whitens(scene):
    snowy = degrade("AddSnow", scene).astype(int)
    assert (snowy - scene >= np.minimum(0, 225 - scene.astype(int))).all()
    clear = degrade("AddSnow", scene, density=(0, 0), veil=(0, 0))
    np.testing.assert_array_equal(clear, scene)


def test_a_drop_shows_the_scene_upside_down():
    scene = np.zeros((120, 120, 3), np.float32)
    scene[:60] = 200
    mixed = scene.copy()
    drops = AddRaindrops(brightness=(1, 1))
    drops._put(mixed, scene, (60.0, 60.0), 20.0, np.random.default_rng(0))
    assert mixed[52:57, 60].mean() < 20
    assert mixed[63:68, 60].mean() > 180
    np.testing.assert_array_equal(mixed[:10], scene[:10])
    image = scene.astype(np.uint8)
    np.testing.assert_array_equal(degrade("AddRaindrops", image, density=(0, 0)), image)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("AddNoise", {"sigma": 5}),
        ("AddNoise", {"sigma": (9, 5)}),
        ("AddNoise", {"sigma": (-1, 5)}),
        ("AddJPEG", {"quality": (0, 50)}),
        ("AddSnow", {"opacity": (0.5, 1.5)}),
        ("AddBlur", {"motion": 2}),
        ("AddHaze", {"beta": ("a", "b")}),
    ],
)
def test_ranges_that_make_no_sense_are_refused(name, arguments):
    with pytest.raises(ConfigError, match=next(iter(arguments))):
        TRANSFORMS.build({"type": name, **arguments})


def test_the_dataset_degrades_the_patch_and_mixes(tmp_path, scene):
    cv2.imwrite(str(tmp_path / "a.png"), scene[..., ::-1])
    choice = {
        "type": "RandomChoice",
        "transforms": [[{"type": "AddNoise", "sigma": (5, 5)}], [{"type": "AddHaze"}]],
    }
    dataset = DegradedDataset(
        tmp_path,
        before=[{"type": "PairedRandomCrop", "patch_size": 32}],
        degradations=[choice, {"type": "AddJPEG"}],
    )
    samples = [dataset[SampleIndex(0, draw, 7)] for draw in range(12)]
    changes = [np.abs(one["lq"].astype(int) - one["gt"]).mean() for one in samples]
    assert {one["gt"].shape for one in samples} == {(32, 32, 3)}
    assert min(changes) > 0
    # Haze changes more than a little noise does: both were drawn.
    assert max(changes) > 20 > 12 > min(changes)
    again = dataset[SampleIndex(0, 5, 7)]
    np.testing.assert_array_equal(again["lq"], samples[5]["lq"])

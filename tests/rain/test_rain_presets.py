"""The presets come out where the real sets are: PSNR and SSIM, and histograms of the rain."""

from pathlib import Path

import numpy as np
import pytest
import skimage.data

from restorekit.io.images import read_image
from restorekit.metrics.protocols import get_protocol
from restorekit.rain import RAIN_PRESETS, RainRenderer
from restorekit.rain.statistics import (
    brightness_histogram,
    l1_distance,
    measured_layer,
    orientation_histogram,
)

DOCS = Path(__file__).resolve().parents[2] / "docs"
#: Mean Y PSNR and SSIM of rainy against clean images; where they come from is in docs/rain.md.
REAL = {
    "rain100l": (26.9, 0.838),
    "rain100h": (13.55, 0.378),
    "rain1200": (23.8, 0.766),
    "rain1400": (25.2, 0.810),
}


def rendered(preset, photos, seed=0):
    renderer = RainRenderer(preset)
    return [(renderer(p, np.random.default_rng((seed, i))), p) for i, p in enumerate(photos)]


def means(pairs):
    protocol = get_protocol("matlab_y_u8")
    scores = [protocol.measure(rainy, clean) for rainy, clean in pairs]
    return [float(np.mean([score[key] for score in scores])) for key in ("psnr", "ssim")]


def histogram(kind, pairs):
    return np.mean([kind(measured_layer(rainy, clean)) for rainy, clean in pairs], axis=0)


def test_every_preset_has_its_target():
    # `real` imitates no set of pairs; test_real_rain.py is about it.
    assert {*REAL, "real"} == set(RAIN_PRESETS)


@pytest.mark.parametrize("preset", REAL)
def test_on_photographs(preset):
    photos = [skimage.data.chelsea(), skimage.data.astronaut()[::2, ::2]] * 12
    psnr, ssim = means(rendered(preset, photos))
    assert psnr == pytest.approx(REAL[preset][0], abs=2.5)
    assert ssim == pytest.approx(REAL[preset][1], abs=0.1)


@pytest.mark.parametrize("preset", REAL)
def test_pictures_in_the_documentation_are_current(preset):
    shown = read_image(DOCS / f"images/rain_{preset}.jpg")
    drawn = RainRenderer(preset)(skimage.data.chelsea(), np.random.default_rng(1))
    # What is left is JPEG's; other rain gives 10 to 20 dB.
    assert 10 * np.log10(255**2 / np.mean((shown.astype(float) - drawn) ** 2)) > 27


@pytest.fixture(scope="module")
def bsds():
    cache = {}

    def load(root):
        if not cache:
            files = sorted((root / "bsds500").glob("*/*.jpg"))
            cache["photos"] = [read_image(file) for file in files[::2]]
        return cache["photos"]

    return load


@pytest.mark.slow
@pytest.mark.parametrize("preset", REAL)
def test_on_half_of_bsds500(preset, real_data, bsds):
    psnr, ssim = means(rendered(preset, bsds(real_data)))
    assert psnr == pytest.approx(REAL[preset][0], abs=0.6)
    assert ssim == pytest.approx(REAL[preset][1], abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "folder", "orientation", "brightness"),
    [
        ("rain100l", "rain100l_sample", 0.52, 0.12),
        ("rain100h", "rain200h_train_sample", 0.3, 0.23),
    ],
)
def test_histograms_of_real_pairs(preset, folder, orientation, brightness, real_data, bsds):
    """The bounds are about the distances between two halves of the real pairs."""
    real = []
    for file in sorted((real_data / folder / "lq").glob("*.png")):
        number = file.stem.rpartition("-")[2]
        clean = real_data / folder / "gt" / f"norain-{number}.png"
        real.append((read_image(file), read_image(clean)))
    ours = rendered(preset, bsds(real_data)[::2])
    for kind, bound in ((orientation_histogram, orientation), (brightness_histogram, brightness)):
        assert l1_distance(histogram(kind, ours), histogram(kind, real)) < bound

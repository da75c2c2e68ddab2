"""SSIM in single precision: near enough where it is taken, and not taken elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from metric_references import gaussian_ssim, photo, restored, saved

from restorekit.metrics import get_protocol
from restorekit.metrics.functional import SSIMSpec, ssim
from restorekit.metrics.functional.fast_similarity import fast_similarity_map
from restorekit.metrics.functional.planes import Planes
from restorekit.metrics.functional.similarity import Workspace, average

SPECS = [SSIMSpec(), SSIMSpec(padding="zero")]


def fast(pred, gt, spec=SPECS[0]):
    similarity = fast_similarity_map(Planes(pred, gt), spec.map_spec, Workspace(*gt.shape))
    return None if similarity is None else average(similarity, spec)


def channels(height, width, noise):
    gt = photo(height, width)[..., 1].astype(np.float64)
    noisy = gt + np.random.default_rng(1).normal(0, noise, gt.shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8), gt.astype(np.uint8)


@pytest.mark.parametrize("spec", SPECS, ids=["valid", "zero"])
@pytest.mark.parametrize("noise", [1, 8, 40])
@pytest.mark.parametrize("size", [(257, 260), (321, 481)])
def test_equals_double_precision(size, noise, spec):
    pred, gt = channels(*size, noise)
    pred, gt = np.ascontiguousarray(pred), np.ascontiguousarray(gt)
    assert fast(pred, gt, spec) == pytest.approx(ssim(pred, gt, spec), abs=1e-7)
    # As float planes, and with the brightness of one shifted.
    bright = pred.astype(np.float64) + 8.3
    assert fast(bright, gt.astype(np.float64), spec) == pytest.approx(
        ssim(bright, gt.astype(np.float64), spec), abs=3e-7
    )
    # On another scale: a fifth of a level, from level 100 on.
    scaled = [5 * (image.astype(np.float32) - 100) for image in (pred, gt)]
    planes = Planes(*scaled, unit=0.2, zero=100.0)
    similarity = fast_similarity_map(planes, spec.map_spec, Workspace(*gt.shape))
    assert average(similarity, spec) == pytest.approx(ssim(pred, gt, spec), abs=1e-7)


def test_equal_images_are_exactly_equal():
    gt = np.ascontiguousarray(photo(300, 300)[..., 0])
    assert fast(gt, gt.copy()) == 1.0


def halves(first, second):
    image = np.full((300, 300), second, np.uint8)
    image[:100] = first
    return image


HARD = {
    "flat, far apart": (halves(50, 50), halves(200, 200)),
    "steps, far apart": (halves(50, 200), halves(0, 255)),
    "faint pattern on black and white": (
        halves(0, 235) + np.indices((300, 300)).sum(0).astype(np.uint8) % 2 * 20,
        halves(10, 245),
    ),
    "ramps": (
        np.tile(np.linspace(30, 255, 300), (300, 1)).astype(np.uint8),
        np.tile(np.linspace(0, 255, 300), (300, 1)).astype(np.uint8),
    ),
    "black and white": (halves(0, 0), halves(255, 255)),
    "brighter by one value": (photo(300, 300)[..., 0] // 2, photo(300, 300)[..., 0] // 2 + 40),
    "partly brighter": (
        np.tile(np.linspace(0, 200, 300), (300, 1)).astype(np.uint8) + halves(0, 50),
        np.tile(np.linspace(0, 200, 300), (300, 1)).astype(np.uint8),
    ),
    "quantised": (photo(300, 300)[..., 0] // 64 * 64, photo(300, 300)[..., 0] // 64 * 64 + 31),
}


@pytest.mark.parametrize("name", HARD)
def test_images_made_to_make_rounding_errors_add_up(name):
    pred, gt = (np.ascontiguousarray(image) for image in HARD[name])
    for spec in SPECS:
        measured = fast(pred, gt, spec)
        assert measured is None or measured == pytest.approx(ssim(pred, gt, spec), abs=8e-7)
    rgb = [np.repeat(image[..., None], 3, axis=2) for image in (pred, gt)]
    value = get_protocol("rgb_u8").measure(*rgb)["ssim"]
    assert value == pytest.approx(gaussian_ssim(*rgb, 255), abs=1e-6)


def test_what_it_leaves_to_double_precision():
    assert fast(*HARD["flat, far apart"]) is None
    assert fast(*channels(200, 300, 5)) is None
    # So narrow that most of it is border, and far larger than its workspace with it.
    assert fast(*channels(12, 7000, 5)) is None
    pred, gt = channels(300, 300, 5)
    for spec in (SSIMSpec(window="uniform", window_size=7), SSIMSpec(sample_covariance=True)):
        assert fast(pred, gt, spec) is None


def test_large_images_measure_as_an_independent_implementation():
    gt = photo(400, 300)
    pred = restored(gt)
    value = get_protocol("rgb_u8").measure(pred, gt)["ssim"]
    assert value == pytest.approx(gaussian_ssim(saved(pred), gt, 255), abs=1e-7)

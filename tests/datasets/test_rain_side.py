"""The rainy image of a pair is known by its streaks, and two halves by their scene."""

import itertools

import numpy as np
import pytest
from scenes import beside, scene

from restorekit.datasets import open_pairs
from restorekit.datasets.layouts.rain_side import CERTAIN, SAME_SCENE, rain_evidence, scene_likeness
from restorekit.datasets.layouts.side_by_side import look_at_halves
from restorekit.datasets.readers.sources import FolderImages
from restorekit.rain import RAIN_PRESETS, RainRenderer

#: Folders of real pairs, and whether all of their pairs must be clear one by one.
REAL = {
    "rain800/test": {"layout": "side_by_side"},
    "rain800/train": {"layout": "side_by_side"},
    "rain100l_sample": {},
    "rain200h_train_sample": {},
}


def test_evidence_changes_its_sign_with_the_order_and_vanishes_without_rain():
    rainy, clean = scene(1)
    assert rain_evidence(rainy, clean) > CERTAIN
    assert rain_evidence(clean, rainy) == pytest.approx(-rain_evidence(rainy, clean))
    assert rain_evidence(clean, clean) == 0
    assert rain_evidence(np.zeros_like(clean), np.zeros_like(clean)) == 0


def test_rain_that_darkens_is_rain():
    _, clean = scene(2)
    darker = (clean // 2).astype(np.uint8)
    lines = darker.copy()
    lines[:, ::16] += 60
    assert rain_evidence(lines, clean) > 0


@pytest.mark.parametrize("preset", RAIN_PRESETS)
def test_every_kind_of_rendered_rain_is_seen(preset):
    renderer = RainRenderer(preset)
    evidence = []
    for seed in range(12):
        _, clean = scene(seed, 160, 200)
        rainy = renderer(clean, np.random.default_rng(seed))
        # The preset `real` leaves some images without rain.
        if (rainy != clean).any():
            evidence.append(rain_evidence(rainy, clean))
    assert len(evidence) > 6
    assert min(evidence) > 0


def test_halves_of_pairs_are_alike_and_others_are_not():
    pairs = [scene(seed) for seed in range(20)]
    assert min(scene_likeness(*pair) for pair in pairs) > SAME_SCENE
    strangers = [scene_likeness(a[1], b[1]) for a, b in itertools.pairwise(pairs)]
    assert np.mean(np.array(strangers) > SAME_SCENE) < 0.2
    flat = np.full((32, 32, 3), 90, np.uint8)
    assert scene_likeness(flat, flat) == 0


def test_sky_above_ground_is_no_common_scene():
    rows = np.linspace(230, 40, 96)[:, None, None]
    views = []
    for seed in range(20):
        _, scenery = scene(seed, 96, 96)
        views.append(np.clip(0.8 * rows + 0.2 * scenery, 0, 255).astype(np.uint8))
    pairs = list(itertools.pairwise(views))
    assert np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs]) > 0.8
    assert np.mean([scene_likeness(a, b) > SAME_SCENE for a, b in pairs]) < 0.3


class Images:
    """Images by number, as a source gives them."""

    def __init__(self, images):
        self.images = images
        self.names = [str(number) for number in range(len(images))]

    def read(self, index):
        return self.images[index]


def test_a_look_at_halves():
    pairs = [scene(seed) for seed in range(10)]
    assert look_at_halves(Images([beside(gt, lq) for lq, gt in pairs])) == (True, "right")
    assert look_at_halves(Images([beside(lq, gt) for lq, gt in pairs])) == (True, "left")
    assert look_at_halves(Images([beside(gt, gt) for _, gt in pairs])) == (True, None)
    assert look_at_halves(Images([gt for _, gt in pairs])) == (False, None)
    assert look_at_halves(Images([beside(*pairs[0])] * 3)) == (None, None)
    assert look_at_halves(Images([gt[:, :-1] for _, gt in pairs])) == (False, None)


@pytest.mark.slow
@pytest.mark.parametrize("folder", REAL)
def test_real_rain_is_on_the_rainy_side(real_data, folder):
    reader = open_pairs(real_data / folder, **REAL[folder])
    evidence = np.array([rain_evidence(*reader.read(i)) for i in range(len(reader))])
    assert np.mean(evidence > 0) >= 0.99
    assert evidence.min() > -CERTAIN
    # Swapped, so many would be told one by one.
    assert np.mean(evidence > CERTAIN) > 0.6


@pytest.mark.slow
def test_real_photographs_are_not_pairs(real_data):
    for folder in ("real_rain", "bsds500/train", "rain100l_sample/lq", "rain100l_sample/gt"):
        assert look_at_halves(FolderImages(real_data / folder), limit=200).pairs is False, folder

"""Structures are drawn into both images alike, and all kinds come."""

import numpy as np
import pytest

from restorekit.registry import TRANSFORMS
from restorekit.transforms import structures


def sample(seed, **images):
    return {"name": "a", "index": 0, "rng": np.random.default_rng(seed), **images}


def test_both_images_get_the_same_and_some_get_none():
    transform = TRANSFORMS.build({"type": "PairedStructures", "probability": 0.5})
    grey = np.full((90, 120, 3), 100, np.uint8)
    grey.flags.writeable = False
    changed = 0
    for seed in range(100):
        results = transform(sample(seed, lq=grey, gt=grey))
        np.testing.assert_array_equal(results["lq"], results["gt"])
        changed += (results["gt"] != grey).any()
    assert 30 < changed <= 60


@pytest.mark.parametrize("kind", ["_pillars", "_wires", "_text"])
def test_each_kind_covers_some_of_the_image(kind):
    covered = [
        (getattr(structures, kind)(np.random.default_rng(seed), 100, 130) > 127).mean()
        for seed in range(40)
    ]
    assert np.mean(covered) > 0.01
    assert max(covered) < 0.9


@pytest.mark.parametrize("size", [(64, 16), (8, 8), (1, 1)])
def test_images_may_be_narrower_than_the_distance_of_pillars(size):
    for seed in range(20):
        assert structures._pillars(np.random.default_rng(seed), *size).shape == size


def test_pillars_repeat_at_equal_distances():
    for seed in range(20):
        mask = structures._pillars(np.random.default_rng(seed), 200, 200)
        row = mask[100] > 127
        starts = np.flatnonzero(row[1:] & ~row[:-1])
        if len(starts) > 3:
            assert np.ptp(np.diff(starts)) <= 2


def test_the_colour_covers_what_is_behind():
    transform = TRANSFORMS.build({"type": "PairedStructures", "probability": 1.0})
    drawn = (np.float32([[[1.0], [0.5], [0.0]]]), np.float32([200, 100, 0]))
    image = np.full((1, 3, 3), 50, np.uint8)
    expected = [[[200, 100, 0], [125, 75, 25], [50, 50, 50]]]
    np.testing.assert_array_equal(transform.apply(image, drawn), expected)

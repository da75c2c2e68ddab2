"""Saturation against Pillow's, and how often it changes."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from restorekit.errors import ConfigError
from restorekit.transforms import PairedSaturation


def sample(seed):
    rng = np.random.default_rng(0)
    lq, gt = rng.integers(0, 256, (2, 12, 10, 3), dtype=np.uint8)
    for image in (lq, gt):
        image.flags.writeable = False
    return {"lq": lq, "gt": gt, "name": "a", "index": 0, "rng": np.random.default_rng(seed)}


def test_both_images_are_changed_as_by_pillow():
    transform = PairedSaturation(0.5, 1.5, probability=1)
    factors = set()
    for seed in range(10):
        given = sample(seed)
        factor = transform.draw(np.random.default_rng(seed), 12, 10)
        factors.add(factor)
        assert 0.5 <= factor <= 1.5
        found = transform({**given, "rng": np.random.default_rng(seed)})
        for key in ("lq", "gt"):
            enhanced = ImageEnhance.Color(Image.fromarray(given[key])).enhance(factor)
            # Pillow cuts fractions off.
            difference = found[key].astype(int) - np.asarray(enhanced)
            assert np.abs(difference).max() <= 1
    assert len(factors) == 10


def test_a_share_is_left_alone():
    transform = PairedSaturation()
    changed = [
        not np.array_equal(transform(sample(seed))["gt"], sample(seed)["gt"]) for seed in range(600)
    ]
    # A third, within four standard deviations.
    assert abs(np.mean(changed) - 1 / 3) < 4 * np.sqrt(2 / 9 / 600)


def test_wrong_values_are_refused():
    with pytest.raises(ConfigError, match=r"low=1\.3"):
        PairedSaturation(low=1.3)
    with pytest.raises(ConfigError, match="probability=2"):
        PairedSaturation(probability=2)

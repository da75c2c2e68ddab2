"""The preset `real`: what it covers, and the parts of the renderer that only it uses."""

import numpy as np
import pytest
import skimage.data

from restorekit.errors import ConfigError
from restorekit.metrics.protocols import get_protocol
from restorekit.rain import RAIN_PRESETS, RainMixture, RainRenderer, RainSpec, StreakLayer
from restorekit.rain.renderer import distance_map


@pytest.fixture(scope="module")
def photo():
    return skimage.data.chelsea()[50:210, 100:260]


def test_it_goes_from_none_to_a_downpour(photo):
    renderer = RainRenderer("real")
    protocol = get_protocol("matlab_y_u8")
    psnr, untouched = [], 0
    for seed in range(150):
        rainy = renderer(photo, np.random.default_rng(seed))
        if (rainy == photo).all():
            untouched += 1
        else:
            psnr.append(protocol.measure(rainy, photo)["psnr"])
    assert 0.06 < untouched / 150 < 0.2
    assert min(psnr) < 13
    assert max(psnr) > 35
    assert 19 < np.median(psnr) < 26


def test_it_contains_every_other_preset():
    kinds = RAIN_PRESETS["real"].specs
    for name, rain in RAIN_PRESETS.items():
        if name != "real":
            specs = rain.specs if isinstance(rain, RainMixture) else (rain,)
            assert all(any(kind is spec for kind in kinds) for spec in specs), name


def test_streaks_laid_over_hide_and_can_be_darker_than_the_sky():
    layer = StreakLayer(density=3000, direction=0, length=30, width=3, brightness=0.6)
    rain = RainSpec((layer,), blending="over", airlight=0.5)
    coverage = RainRenderer(rain).layer((64, 64), np.random.default_rng(0))[..., None]
    for level in (0, 90, 250):
        photo = np.full((64, 64, 3), level, np.uint8)
        rainy = RainRenderer(rain)(photo, np.random.default_rng(0))
        expected = level * (1 - coverage) + 127.5 * coverage
        assert np.abs(rainy - expected).max() <= 0.51
    with pytest.raises(ConfigError, match="'over'"):
        RainSpec((layer,), blending="multiply")


def test_the_veil_thickens_with_the_distance(photo):
    black = np.zeros((80, 100, 3), np.uint8)
    veil = {"layers": (), "veil": 0.3, "airlight": 1.0}
    even = RainRenderer(RainSpec(**veil))(black, np.random.default_rng(0))
    assert len(np.unique(even)) == 1
    rng = np.random.default_rng(0)
    distance = distance_map((80, 100), np.random.default_rng(0))
    uneven = RainRenderer(RainSpec(**veil, veil_depth=1.0))(black, rng)[..., 0] / 255
    np.testing.assert_allclose(uneven, 0.6 * distance, atol=0.003)


def test_a_far_layer_is_thinner_where_the_scene_is_near():
    layer = {"density": 40e3, "direction": 0, "length": 8, "width": 1.5, "brightness": 0.5}
    far = RainSpec((StreakLayer(**layer, depth=1.0),))
    drawn = np.random.default_rng(3)
    distance = distance_map((200, 200), np.random.default_rng(3))
    rain = RainRenderer(far).layer((200, 200), drawn)
    near, distant = rain[distance < 0.3].mean(), rain[distance > 0.7].mean()
    assert near < 0.4 * distant


def test_distances_grow_upwards_on_average():
    maps = [distance_map((40, 60), np.random.default_rng(seed)) for seed in range(60)]
    assert all(m.shape == (40, 60) and m.min() >= 0 and m.max() <= 1 for m in maps)
    rows = np.mean(maps, axis=(0, 2))
    assert rows[:10].mean() > rows[-10:].mean() + 0.15

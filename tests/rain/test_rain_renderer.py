"""What the renderer makes of a description: its distributions, measured in its layers."""

import pickle

import numpy as np
import pytest
from skimage.feature import structure_tensor

from restorekit.errors import ConfigError, DataError, UnknownNameError
from restorekit.rain import (
    RAIN_PRESETS,
    LogNormal,
    Normal,
    RainMixture,
    RainRenderer,
    RainSpec,
    StreakLayer,
    rain_from_config,
)


def layer(**changes):
    base = {"density": 2000, "direction": 0, "length": 24, "width": 2, "brightness": 0.8}
    return StreakLayer(**{**base, **changes})


def draw(seed=0, shape=(200, 240), **changes):
    renderer = RainRenderer(RainSpec((layer(**changes),)))
    return renderer.layer(shape, np.random.default_rng(seed))


def measured_direction(rain):
    """Mean direction of the streaks, in degrees, and how much they agree (0 to 1)."""
    rows, mixed, columns = (t.mean() for t in structure_tensor(rain, sigma=1, order="rc"))
    gradient = np.degrees(0.5 * np.arctan2(2 * mixed, columns - rows))
    agreement = np.hypot(columns - rows, 2 * mixed) / (columns + rows)
    return -gradient, agreement


@pytest.fixture
def photo():
    ramp = np.linspace(20, 230, 60 * 80 * 3).reshape(60, 80, 3)
    return np.rint(ramp).astype(np.uint8)


@pytest.mark.parametrize("preset", RAIN_PRESETS)
def test_same_generator_same_rain(preset, photo):
    renderer = RainRenderer(preset)
    first = renderer(photo, np.random.default_rng(5))
    np.testing.assert_array_equal(renderer(photo, np.random.default_rng(5)), first)
    again = pickle.loads(pickle.dumps(renderer))
    np.testing.assert_array_equal(again(photo, np.random.default_rng(5)), first)
    assert (renderer(photo, np.random.default_rng(6)) != first).any()


@pytest.mark.parametrize("preset", RAIN_PRESETS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 37), (41, 2), (5, 7), (33, 61)])
def test_any_size(preset, shape):
    renderer = RainRenderer(preset)
    clean = np.full((*shape, 3), 90, np.uint8)
    clean.flags.writeable = False
    rainy = renderer(clean, np.random.default_rng(0))
    assert (rainy.shape, rainy.dtype) == ((*shape, 3), np.uint8)
    assert (rainy >= clean).all()
    rain = renderer.layer(shape, np.random.default_rng(0))
    assert (rain.shape, rain.dtype) == (shape, np.float32)
    assert 0 <= rain.min() <= rain.max() <= 1


@pytest.mark.parametrize("direction", [-70, -45, -12, 0, 33, 88])
def test_direction(direction):
    measured, agreement = measured_direction(draw(direction=direction, length=40))
    assert abs((measured - direction + 90) % 180 - 90) < 1.5
    assert agreement > 0.9


def test_directions_of_an_image_and_of_its_streaks():
    per_image = [measured_direction(draw(seed, direction=(-30, 30)))[0] for seed in range(40)]
    assert -31 < min(per_image) < -18
    assert 18 < max(per_image) < 31
    agreements = [
        measured_direction(draw(direction_spread=spread, length=40))[1] for spread in (0, 8, 30)
    ]
    assert agreements == sorted(agreements, reverse=True)
    assert agreements[2] < 0.7


@pytest.mark.parametrize(("shape", "draws"), [((200, 240), 200), ((24, 31), 1500)])
@pytest.mark.parametrize("spread", [0.0, 0.6])
def test_mean_brightness_follows_from_density_and_size(shape, draws, spread):
    # Campbell's theorem: streaks an area, times what each adds; log-normal mean exp(σ²/2).
    # Crossings are too rare to saturate, and none is lost at the borders.
    expected = 150e-6 * 24 * 2 * 0.8 * 0.5 * np.exp(spread**2 / 2)
    quantities = {"density": 150, "opacity": (0.2, 0.8), "length_spread": spread}
    means = [draw(seed, shape, **quantities).mean() for seed in range(draws)]
    error = np.std(means) / np.sqrt(len(means))
    assert abs(np.mean(means) - expected) < 4 * error
    assert error < 0.1 * expected


def test_borders_get_as_much_rain_as_the_middle():
    mean = np.mean([draw(seed, (60, 60), density=600) for seed in range(600)], axis=0)
    frame = np.ones((60, 60), bool)
    frame[3:-3, 3:-3] = False
    assert mean[frame].mean() == pytest.approx(mean[~frame].mean(), rel=0.06)


def test_more_density_is_more_rain():
    means = [draw(density=density).mean() for density in (0, 300, 1000, 3000, 10000)]
    assert means[0] == 0
    assert means == sorted(means)


def test_brightness_bounds_the_layer():
    assert draw(density=200_000, brightness=0.3).max() == pytest.approx(0.3)
    assert draw(brightness=0.0).max() == 0


def test_probability_of_a_layer():
    shares = [draw(seed, (9, 9), density=1e5, probability=0.3).any() for seed in range(300)]
    assert 0.22 < np.mean(shares) < 0.38


def test_layers_add_up():
    both = RainRenderer(RainSpec((layer(), layer(direction=40))))
    rng = np.random.default_rng(3)
    first = RainRenderer(RainSpec((layer(),))).layer((90, 90), rng)
    second = RainRenderer(RainSpec((layer(direction=40),))).layer((90, 90), rng)
    together = both.layer((90, 90), np.random.default_rng(3))
    np.testing.assert_allclose(together, np.minimum(first + second, 1), atol=1e-6)


def test_no_rain_leaves_the_image(photo):
    dry = RainRenderer(RainSpec((layer(density=0),)))
    np.testing.assert_array_equal(dry(photo, np.random.default_rng(0)), photo)


@pytest.mark.parametrize("blending", ["add", "screen"])
@pytest.mark.parametrize("veil", [0.0, 0.4])
def test_blending_and_veil(photo, blending, veil):
    renderer = RainRenderer(RainSpec((layer(),), blending, veil=veil, airlight=0.7))
    rain = renderer.layer(photo.shape[:2], np.random.default_rng(1))[..., None].astype(float)
    background = photo / 255 * (1 - veil) + veil * 0.7
    blended = background + (rain if blending == "add" else rain * (1 - background))
    rainy = renderer(photo, np.random.default_rng(1))
    expected = np.clip(blended, 0, 1) * 255
    assert np.abs(rainy - expected).max() < 0.501


def test_a_mixture_takes_one_kind_an_image():
    kinds = tuple(RainSpec((layer(density=9e5, brightness=b),)) for b in (0.2, 0.5, 0.9))
    renderer = RainRenderer(RainMixture(kinds, (1, 2, 1)))
    tops = [
        round(float(renderer.layer((9, 9), np.random.default_rng(s)).max()), 2) for s in range(400)
    ]
    shares = [tops.count(b) / 400 for b in (0.2, 0.5, 0.9)]
    np.testing.assert_allclose(shares, [0.25, 0.5, 0.25], atol=0.08)


@pytest.mark.parametrize(
    "bad",
    [np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3), np.float32), np.zeros((5, 5, 4), np.uint8)],
)
def test_other_arrays_are_refused(bad):
    with pytest.raises(DataError, match="8-bit RGB"):
        RainRenderer("rain100l")(bad, np.random.default_rng(0))


def test_unknown_preset():
    with pytest.raises(UnknownNameError, match="Did you mean 'rain100l'"):
        RainRenderer("rain100-l")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("density", -1),
        ("density", float("inf")),
        ("density", float("nan")),
        ("length", (30, 20)),
        ("length", (1, 2, 3)),
        ("width", Normal(2, 1)),
        ("width", "2"),
        ("brightness", 1.2),
        ("brightness", LogNormal(0.5, 1)),
        ("opacity", (0, 2)),
        ("direction_spread", (1, 2)),
        ("motion_blur", 1.5),
        ("probability", -0.1),
    ],
)
def test_what_cannot_be_is_refused_by_name(field, value):
    with pytest.raises(ConfigError, match=rf"StreakLayer\.{field} is "):
        layer(**{field: value})


def test_other_refusals():
    with pytest.raises(ConfigError, match=r"RainSpec\.veil"):
        RainSpec((layer(),), veil=2.0)
    with pytest.raises(ConfigError, match=r"RainSpec\.blending is 'multiply'"):
        RainSpec((layer(),), blending="multiply")
    with pytest.raises(ConfigError, match=r"weights is \(1,\)"):
        RainMixture((RainSpec(()), RainSpec(())), (1,))
    with pytest.raises(ConfigError, match="empty"):
        RainMixture(())
    with pytest.raises(ConfigError, match="median"):
        LogNormal(-1, 1)
    with pytest.raises(ConfigError, match="std"):
        Normal(0, -1)


def test_rain_of_a_config():
    written = {"density": {"median": 900, "sigma": 0.5}, "direction": {"mean": 3, "std": 2}}
    written |= {"length": [10, 20], "width": 2, "brightness": 0.5}
    built = layer(
        density=LogNormal(900, 0.5), direction=Normal(3, 2), length=(10, 20), brightness=0.5
    )
    spec = {"layers": [written], "blending": "screen", "veil": [0.1, 0.2]}
    assert rain_from_config(spec) == RainSpec((built,), "screen", (0.1, 0.2))
    mixture = rain_from_config({"specs": [{"layers": [written]}] * 2, "weights": [1, 3]})
    assert mixture == RainMixture((RainSpec((built,)),) * 2, (1, 3))


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"layers": [{"densty": 1}]},
        {"layers": {"density": 1}},
        {"layers": ["rain100l"]},
        {"specs": [], "wights": [1]},
        {"specs": ["rain100l"]},
    ],
)
def test_a_config_that_describes_no_rain_is_refused(broken):
    with pytest.raises(ConfigError, match="does not describe rain"):
        rain_from_config(broken)

"""Histograms of known layers, and distances against SciPy and brute force."""

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from restorekit.rain import RainRenderer, RainSpec, StreakLayer
from restorekit.rain.statistics import (
    brightness_histogram,
    earth_movers_distance,
    l1_distance,
    measured_layer,
    orientation_histogram,
)


def histograms(seed, bins):
    return np.random.default_rng(seed).dirichlet(np.ones(bins), 2)


def test_layer_of_a_pair():
    clean = np.array([[[250, 100, 30], [9, 9, 9]]], np.uint8)
    rainy = np.array([[[255, 140, 69], [9, 5, 8]]], np.uint8)
    np.testing.assert_array_equal(measured_layer(rainy, clean), [[40, 0]])


@pytest.mark.parametrize("direction", [-63, -22, 3, 48])
def test_orientations_are_those_drawn(direction):
    layer = StreakLayer(density=1500, direction=direction, length=50, width=2, brightness=0.7)
    drawn = RainRenderer(RainSpec((layer,))).layer((250, 250), np.random.default_rng(0))
    histogram = orientation_histogram(drawn)
    assert histogram.shape == (36,)
    assert histogram.sum() == pytest.approx(1)
    place = int((direction + 90) // 5)
    assert histogram.argmax() == place
    assert histogram[[place - 1, place, (place + 1) % 36]].sum() > 0.7


def test_no_edges_no_orientations():
    assert not orientation_histogram(np.full((9, 9), 3, np.float32)).any()


def test_brightness():
    layer = np.array([[0, 3, 4], [255, 255, 130]], np.float32)
    histogram = brightness_histogram(layer)
    assert histogram.shape == (64,)
    np.testing.assert_allclose(histogram[[0, 1, 32, 63]] * 6, [2, 1, 1, 2])


@pytest.mark.parametrize("seed", range(5))
def test_distances(seed):
    first, second = histograms(seed, 24)
    places = np.arange(24) * 4.0
    expected = wasserstein_distance(places, places, first, second)
    assert earth_movers_distance(first, second, 4) == pytest.approx(expected)
    turned = [
        wasserstein_distance(places, places, np.roll(first, k), np.roll(second, k))
        for k in range(24)
    ]
    assert earth_movers_distance(first, second, 4, circular=True) == pytest.approx(min(turned))
    assert l1_distance(first, second) == pytest.approx(np.linalg.norm(first - second, 1))
    assert earth_movers_distance(first, first, 4) == 0

"""Compare sets of rainy images by histograms of the rain layer and distances between them.

The rain layer is measured from pairs, as rainy minus clean, in the same way for real and
for rendered rain, so a saturated background hides the same part of both.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Image: TypeAlias = npt.NDArray[np.uint8]
Layer: TypeAlias = npt.NDArray[np.float32]
Histogram: TypeAlias = npt.NDArray[np.float64]

#: Width of a bin of :func:`orientation_histogram`, in degrees.
DEGREES_PER_BIN = 5.0
#: Width of a bin of :func:`brightness_histogram`, in grey levels.
LEVELS_PER_BIN = 4.0


def measured_layer(rainy: Image, clean: Image) -> Layer:
    """Return the rain layer of a pair: the largest difference over the channels, at least 0.

    The largest is taken because a channel near 255 hides rain that a darker one still shows.

    Args:
        rainy: Rainy image, (height, width, 3), uint8.
        clean: The same image without rain.

    Returns:
        Grey levels 0 to 255, (height, width).
    """
    difference = rainy.astype(np.float32) - clean.astype(np.float32)
    layer: Layer = np.maximum(difference.max(axis=2), 0)
    return layer


def orientation_histogram(layer: Layer) -> Histogram:
    """Return the histogram of the streaks' directions, weighted by the strength of edges.

    Args:
        layer: Rain layer, (height, width), in any unit.

    Returns:
        36 fractions that sum to 1, for 5 degrees each; the first bin begins at -90 degrees,
        and 0 is straight down, as in :class:`~restorekit.rain.StreakLayer`. All are 0 if the
        layer has no edges.
    """
    # Scharr is the 3x3 operator whose response depends least on the direction.
    across = cv2.Scharr(layer, cv2.CV_32F, 1, 0)
    down = cv2.Scharr(layer, cv2.CV_32F, 0, 1)
    # A streak runs at right angles to its gradient.
    direction = -np.degrees(np.arctan2(down, across))
    direction = (direction + 90.0) % 180.0
    bins = round(180 / DEGREES_PER_BIN)
    counts, _ = np.histogram(
        direction, bins=bins, range=(0, 180), weights=np.hypot(across, down).astype(np.float64)
    )
    return _normalised(counts)


def brightness_histogram(layer: Layer) -> Histogram:
    """Return the histogram of the rain layer's brightness.

    Args:
        layer: Rain layer in grey levels 0 to 255, (height, width).

    Returns:
        64 fractions that sum to 1, for 4 grey levels each.
    """
    counts, _ = np.histogram(layer, bins=round(256 / LEVELS_PER_BIN), range=(0, 256))
    return _normalised(counts)


def l1_distance(first: Histogram, second: Histogram) -> float:
    """Return the L1 distance of two normalised histograms: 0 if equal, 2 if disjoint."""
    return float(np.abs(first - second).sum())


def earth_movers_distance(
    first: Histogram, second: Histogram, bin_width: float, circular: bool = False
) -> float:
    """Return the mean distance by which one histogram must be moved to become the other.

    Args:
        first: Normalised histogram.
        second: Normalised histogram with the same bins.
        bin_width: Width of a bin; the result has its unit.
        circular: Whether the last bin neighbours the first, as for orientations.
    """
    surplus = np.cumsum(first - second)
    if circular:
        # A circle can be cut anywhere; cutting at the median gives the shortest distance
        # (Rabin, Delon and Gousseau, 2011).
        surplus = surplus - np.median(surplus)
    return float(np.abs(surplus).sum() * bin_width)


def _normalised(counts: npt.NDArray[np.generic]) -> Histogram:
    histogram = counts.astype(np.float64)
    total = histogram.sum()
    return histogram / total if total > 0 else histogram

"""How like one set of rain is to another: histograms of the rain layer and distances.

The rain layer is measured from pairs, as rainy minus clean, in the same way for real and
for rendered rain; what a saturated background hides is hidden in both.
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
    """Rain layer of a pair: the largest difference over the channels, not below 0.

    The largest, for a channel near 255 hides rain that a darker one still shows.

    Args:
        rainy: (height, width, 3), uint8.
        clean: The same without rain.

    Returns:
        Grey levels 0 to 255, (height, width).
    """
    difference = rainy.astype(np.float32) - clean.astype(np.float32)
    layer: Layer = np.maximum(difference.max(axis=2), 0)
    return layer


def orientation_histogram(layer: Layer) -> Histogram:
    """Directions of the streaks, weighted by the strength of their edges.

    Args:
        layer: Rain layer, (height, width), in any unit.

    Returns:
        36 shares that sum to 1, of 5 degrees each; the first begins at -90 degrees, and 0 is
        straight down, as in :class:`~restorekit.rain.StreakLayer`. All 0 where there is no
        edge at all.
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
    """Brightness of the rain layer's pixels.

    Args:
        layer: Rain layer in grey levels 0 to 255, (height, width).

    Returns:
        64 shares that sum to 1, of 4 grey levels each.
    """
    counts, _ = np.histogram(layer, bins=round(256 / LEVELS_PER_BIN), range=(0, 256))
    return _normalised(counts)


def l1_distance(first: Histogram, second: Histogram) -> float:
    """Sum of the differences of two normalised histograms: 0 if equal, 2 if disjoint."""
    return float(np.abs(first - second).sum())


def earth_movers_distance(
    first: Histogram, second: Histogram, bin_width: float, circular: bool = False
) -> float:
    """Mean distance by which one histogram has to be moved to become the other.

    Args:
        first: Normalised histogram.
        second: Another with the same bins.
        bin_width: Width of a bin; the result has its unit.
        circular: Whether the last bin neighbours the first, as for orientations.
    """
    surplus = np.cumsum(first - second)
    if circular:
        # On a circle the cut is free, and the median is the best place for it
        # (Rabin, Delon and Gousseau, 2011).
        surplus = surplus - np.median(surplus)
    return float(np.abs(surplus).sum() * bin_width)


def _normalised(counts: npt.NDArray[np.generic]) -> Histogram:
    histogram = counts.astype(np.float64)
    total = histogram.sum()
    return histogram / total if total > 0 else histogram

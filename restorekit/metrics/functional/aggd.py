"""Fit many asymmetric generalised Gaussian distributions at once."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fits:
    """Fitted distributions, one entry for each sample; NaN where a sample cannot be fitted.

    Attributes:
        shape: α.
        left: β of the values below zero.
        right: β of the values above zero.
        mean: (right - left) Γ(2/α) / Γ(1/α).
    """

    shape: Array
    left: Array
    right: Array
    mean: Array


@dataclass(frozen=True)
class _Table:
    """Functions of α, for α from 0.2 to 10 in steps of 0.001.

    Attributes:
        shape: α.
        ratio: Γ(2/α)² / (Γ(1/α) Γ(3/α)), which rises with α.
        scale: √(Γ(1/α) / Γ(3/α)).
        mean: Γ(2/α) / Γ(1/α).
    """

    shape: Array
    ratio: Array
    scale: Array
    mean: Array


@functools.cache
def _table() -> _Table:
    shapes = [number / 1000 for number in range(200, 10_001)]
    first, second, third = (
        np.array([math.gamma(k / shape) for shape in shapes]) for k in (1, 2, 3)
    )
    return _Table(
        np.array(shapes), second**2 / (first * third), np.sqrt(first / third), second / first
    )


def moments(samples: Array) -> Array:
    """Return the moments of each sample that :func:`fit_aggd` needs, (6, number).

    They are the sum, the sum of squares and the number of the values below zero, then the same
    of the values above zero.

    Args:
        samples: (number, …), contiguous.
    """
    samples = samples.reshape(len(samples), -1)
    found = np.empty((6, len(samples)))
    side = np.minimum(samples, 0)
    for first in (0, 3):
        side.sum(axis=1, out=found[first])
        np.einsum("ij,ij->i", side, side, out=found[first + 1])
        found[first + 2] = [cv2.countNonZero(row) for row in side]
        np.maximum(samples, 0, out=side)
    return found


def fit_aggd(moments_of_samples: Array, size: int) -> Fits:
    """Fit a distribution to each sample by matching moments.

    The method is that of Lasmar et al., "Multiscale skewed heavy tailed model for texture
    analysis", ICIP 2009. As in the NIQE release, α is chosen from 9,801 values. Where a sample
    has no values on one side of zero, that side is NaN and α, as in MATLAB, the smallest one.

    Args:
        moments_of_samples: As :func:`moments` returns them, (6, …).
        size: Number of values in each sample.

    Returns:
        Fits whose arrays have the shape of a single moment.
    """
    below_sum, below_squares, below_count, above_sum, above_squares, above_count = (
        moments_of_samples
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.sqrt(below_squares / below_count)
        right = np.sqrt(above_squares / above_count)
        balance = left / right
        ratio = ((above_sum - below_sum) / size) ** 2 / ((below_squares + above_squares) / size)
    wanted = ratio * (balance**3 + 1) * (balance + 1) / (balance**2 + 1) ** 2
    table = _table()
    nearest = _nearest(table.ratio, np.nan_to_num(wanted, nan=0.0))
    left, right = left * table.scale[nearest], right * table.scale[nearest]
    return Fits(table.shape[nearest], left, right, (right - left) * table.mean[nearest])


def _nearest(rising: Array, wanted: Array) -> npt.NDArray[np.intp]:
    """Return the indices of the values in ``rising`` that are nearest to ``wanted``."""
    upper = np.clip(np.searchsorted(rising, wanted), 1, len(rising) - 1)
    nearer_below = wanted - rising[upper - 1] <= rising[upper] - wanted
    return upper - nearer_below

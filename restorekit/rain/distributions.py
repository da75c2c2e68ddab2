"""Distributions of the rain's quantities: a number, a range, normal or log-normal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from restorekit.errors import ConfigError


@dataclass(frozen=True)
class Normal:
    """A normal distribution, for quantities that may be negative, such as directions.

    Attributes:
        mean: In the quantity's own unit.
        std: Standard deviation, in the same unit.

    Example:
        >>> from restorekit.rain import StreakLayer
        >>> wind = Normal(mean=10, std=5)  # degrees from straight down
        >>> StreakLayer(density=900, direction=wind, length=20, width=1, brightness=0.4).direction
        Normal(mean=10, std=5)
    """

    mean: float
    std: float

    def __post_init__(self) -> None:
        if self.std < 0:
            raise ConfigError(f"{self} is not a distribution; std must be at least 0.")


@dataclass(frozen=True)
class LogNormal:
    """A log-normal distribution, for positive quantities: many small values, a few large ones.

    Attributes:
        median: Half of the values are below it, in the quantity's own unit.
        sigma: Standard deviation of the natural logarithm; 0 always gives the median.
        low: Smaller values become ``low``.
        high: Larger values become ``high``.

    Example:
        >>> lengths = sample_many(LogNormal(20, 0.5, high=60), np.random.default_rng(0), 1000)
        >>> bool(lengths.max() <= 60), bool(17 < np.median(lengths) < 23)
        (True, True)
    """

    median: float
    sigma: float
    low: float = 0.0
    high: float = math.inf

    def __post_init__(self) -> None:
        if self.median <= 0 or self.sigma < 0 or not 0 <= self.low <= self.high:
            raise ConfigError(
                f"{self} is not a distribution; median must be positive, sigma at least 0, "
                "and 0 <= low <= high."
            )


#: A number is constant; a pair ``(low, high)`` is uniform between the two.
Distribution: TypeAlias = float | tuple[float, float] | Normal | LogNormal


def sample(distribution: Distribution, rng: np.random.Generator) -> float:
    """Draw one value of ``distribution``; a number draws nothing from ``rng``."""
    return float(sample_many(distribution, rng, 1)[0])


def sample_many(
    distribution: Distribution, rng: np.random.Generator, count: int
) -> npt.NDArray[np.float64]:
    """Draw ``count`` values of ``distribution``; a number draws nothing from ``rng``."""
    if isinstance(distribution, Normal):
        return rng.normal(distribution.mean, distribution.std, count)
    if isinstance(distribution, LogNormal):
        logs = rng.normal(math.log(distribution.median), distribution.sigma, count)
        return np.clip(np.exp(logs), distribution.low, distribution.high)
    if isinstance(distribution, tuple):
        return rng.uniform(*distribution, count)
    return np.full(count, float(distribution))


def check(owner: str, name: str, value: Distribution, low: float, high: float = math.inf) -> None:
    """Refuse a distribution that can leave ``[low, high]``.

    Args:
        owner: Name of the field's class, for the message.
        name: Name of the field.
        value: Value of the field.
        low: Smallest allowed value.
        high: Largest allowed value.

    Raises:
        ConfigError: If it can leave the range, or if ``value`` is not a distribution.
    """
    limits = _bounds(value)
    if limits is None or not low <= limits[0] <= limits[1] <= high:
        raise ConfigError(
            f"{owner}.{name} is {value!r}; give a number, a pair (low, high), a Normal or a "
            f"LogNormal, with values {_in_words(low, high)}."
        )


def check_number(owner: str, name: str, value: float, low: float, high: float = math.inf) -> None:
    """Refuse anything but a number in ``[low, high]``; see :func:`check`."""
    if not _is_number(value) or not low <= value <= high:
        raise ConfigError(f"{owner}.{name} is {value!r}; give one number {_in_words(low, high)}.")


def _bounds(value: Distribution) -> tuple[float, float] | None:
    """Return the smallest and the largest possible value; None if not a distribution."""
    if isinstance(value, Normal):
        return -math.inf, math.inf
    if isinstance(value, LogNormal):
        return value.low, value.high
    pair = value if isinstance(value, tuple) else (value, value)
    return pair if len(pair) == 2 and all(map(_is_number, pair)) else None


def _in_words(low: float, high: float) -> str:
    if high < math.inf:
        return f"from {low:g} to {high:g}"
    return "of any size" if low == -math.inf else f"of at least {low:g}"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)

"""How sure a mean is, and whether two methods really differ on a test set.

Both ask what another draw of images like these would give. They say nothing about another
training run of the same method.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restorekit.metrics.summary import mean

#: Confidence of every interval of a leaderboard.
CONFIDENCE = 0.95
#: Up to this many images Wilcoxon's test is computed exactly, as SciPy does by default.
EXACT_UP_TO = 50

#: Lower and upper end.
Interval = tuple[float, float]


@dataclass(frozen=True)
class Comparison:
    """Two methods on the same images; differences are first minus second, whichever is better.

    Attributes:
        difference: Mean difference.
        interval: Confidence interval of the mean difference; None for a single image.
        p_value: Of Wilcoxon's signed-rank test, two-sided, not corrected for the number of
            comparisons.
        first_higher: On how many images the first has the higher value.
        second_higher: On how many the second has.
    """

    difference: float
    interval: Interval | None
    p_value: float
    first_higher: int
    second_higher: int


def mean_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval | None:
    """Return Student's t interval of the mean of ``values``, or None if there is only one.

    A bootstrap over images would be an alternative; on test sets as small as Rain12 its
    percentile intervals are too short, and they change with the seed.
    """
    if len(values) < 2:
        return None
    centre = mean(values)
    variance = math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1)
    half = student_t_quantile(confidence, len(values) - 1) * math.sqrt(variance / len(values))
    return centre - half, centre + half


def compare(first: Mapping[str, float], second: Mapping[str, float]) -> Comparison | None:
    """Compare the values of two methods image by image.

    Args:
        first: Values by image name.
        second: The same of another method.

    Returns:
        The comparison, or None if the images go by other names, so that they cannot be paired.
    """
    if first.keys() != second.keys():
        return None
    differences = [value - second[name] for name, value in first.items()]
    return Comparison(
        mean(differences),
        mean_interval(differences),
        wilcoxon_p_value(differences),
        sum(value > 0 for value in differences),
        sum(value < 0 for value in differences),
    )


@functools.lru_cache(maxsize=64)
def student_t_quantile(confidence: float, freedom: int) -> float:
    """Return the t that a Student-t variable exceeds in size with probability 1 - confidence.

    Args:
        confidence: Between 0 and 1.
        freedom: Degrees of freedom, 1 or more.
    """
    # In the angle the function is smooth and its range is bounded, whatever the freedom.
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        if _central_probability(middle, freedom) < confidence:
            low = middle
        else:
            high = middle
    return math.sqrt(freedom) * math.tan((low + high) / 2)


def _central_probability(angle: float, freedom: int) -> float:
    """Return P(abs(t) < sqrt(freedom) tan(angle)); Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    odd = freedom % 2
    squared = math.cos(angle) ** 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for number in range(2, freedom + 1, 2):
        total += term
        term *= squared * (number - 1 + odd) / (number + odd)
    series = math.sin(angle) * total
    return 2 / math.pi * (angle + series) if odd else series


def wilcoxon_p_value(differences: Sequence[float]) -> float:
    """Return the two-sided p-value of Wilcoxon's signed-rank test; 1 if nothing differs.

    Differences of zero are dropped, equal ones share their mean rank. Up to
    :data:`EXACT_UP_TO` of them the distribution is exact given the ranks, also with ties,
    where SciPy (which the tests compare with) goes over to its normal approximation; above
    it is that approximation, corrected for ties, without continuity correction.

    Args:
        differences: One for each image.
    """
    values = np.array([value for value in differences if value != 0])
    if not len(values):
        return 1.0
    _, place, counts = np.unique(np.abs(values), return_inverse=True, return_counts=True)
    # Mean ranks are multiples of a half: doubled, they are integers.
    doubled = (2 * np.cumsum(counts) - counts + 1)[place]
    positive = int(doubled[values > 0].sum())
    if len(values) <= EXACT_UP_TO:
        return _exact_p_value(doubled, positive)
    return _normal_p_value(len(values), counts, positive / 2)


def _exact_p_value(doubled_ranks: npt.NDArray[np.int64], positive: int) -> float:
    """Count all assignments of signs, which are equally likely if nothing differs."""
    ways = np.zeros(int(doubled_ranks.sum()) + 1)
    ways[0] = 1.0
    for rank in doubled_ranks:
        ways[rank:] += ways[:-rank].copy()
    ways /= ways.sum()
    return min(1.0, 2 * float(min(ways[: positive + 1].sum(), ways[positive:].sum())))


def _normal_p_value(number: int, ties: npt.NDArray[np.int64], positive: float) -> float:
    expected = number * (number + 1) / 4
    variance = number * (number + 1) * (2 * number + 1) / 24 - float((ties**3 - ties).sum()) / 48
    return math.erfc(abs(positive - expected) / math.sqrt(2 * variance))

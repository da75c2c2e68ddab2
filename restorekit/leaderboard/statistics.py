"""How certain a mean is, and whether two methods really differ on a test set.

Both are about another draw of images like these, not about another training run of the method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from restorekit.metrics.plan import mean

#: Confidence of every interval of a leaderboard.
CONFIDENCE = 0.95
#: Wilcoxon's test is exact up to this many images without equal differences.
EXACT_UP_TO = 50
#: With equal differences it is exact up to this many, as by SciPy's default.
EXACT_WITH_TIES_UP_TO = 13

#: Lower and upper end.
Interval = tuple[float, float]


@dataclass(frozen=True)
class Comparison:
    """Two methods on the same images.

    Attributes:
        difference: Mean of first minus second, whichever direction is better.
        interval: Confidence interval of the mean difference; None for a single image.
        p_value: Two-sided p-value of Wilcoxon's signed-rank test, not corrected for the number
            of comparisons.
        first_higher: Number of images on which the first has the higher value.
        second_higher: Number of images on which the second has the higher value.
    """

    difference: float
    interval: Interval | None
    p_value: float
    first_higher: int
    second_higher: int


def mean_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval | None:
    """Return Student's t interval of the mean of ``values``, or None for a single value.

    Percentile intervals of a bootstrap are too short on test sets as small as Rain12, and they
    depend on a seed.
    """
    if len(values) < 2:
        return None
    centre = mean(values)
    quantile = float(stats.t.ppf((1 + confidence) / 2, len(values) - 1))
    half = quantile * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return centre - half, centre + half


def compare(first: Mapping[str, float], second: Mapping[str, float]) -> Comparison | None:
    """Compare the values of two methods image by image.

    Args:
        first: Values of one method by image name.
        second: Values of another method.

    Returns:
        The comparison, or None if the image names differ, so that values cannot be paired.
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


def wilcoxon_p_value(differences: Sequence[float]) -> float:
    """Return the two-sided p-value of Wilcoxon's signed-rank test; 1 if nothing differs.

    Zeros are dropped and equal differences share their mean rank. The distribution is exact up
    to :data:`EXACT_UP_TO` differences, or :data:`EXACT_WITH_TIES_UP_TO` if some are equal, and
    otherwise normal with correction for ties and without continuity correction.

    Args:
        differences: One for each image.
    """
    values = np.asarray(differences, np.float64)
    values = values[values != 0]
    if not len(values):
        return 1.0
    ties = len(np.unique(np.abs(values))) < len(values)
    if ties and len(values) <= EXACT_WITH_TIES_UP_TO:
        return _exact_p_value_with_ties(values)
    method = "asymptotic" if ties or len(values) > EXACT_UP_TO else "exact"
    return float(stats.wilcoxon(values, method=method).pvalue)


def _exact_p_value_with_ties(values: npt.NDArray[np.float64]) -> float:
    """Try all assignments of signs; ``stats.wilcoxon`` does the same, a thousand times slower."""
    ranks = stats.rankdata(np.abs(values))

    def positive_ranks(sample: npt.NDArray[np.float64], axis: int) -> Any:
        return np.sum(ranks * (sample > 0), axis=axis)

    test = stats.permutation_test(
        (values,), positive_ranks, permutation_type="samples", n_resamples=np.inf, vectorized=True
    )
    return float(test.pvalue)

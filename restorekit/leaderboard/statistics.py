"""Confidence intervals of means, and tests of whether two methods differ on a test set.

Both describe the uncertainty from the choice of test images, not from the training run.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from restorekit.metrics.plan import mean

#: Confidence of every interval of a leaderboard.
CONFIDENCE = 0.95
#: Wilcoxon's test is exact up to this many images if no two differences are equal.
EXACT_UP_TO = 50
#: If some are equal it is exact up to this many, which is SciPy's default.
EXACT_WITH_TIES_UP_TO = 13

#: Lower and upper limit.
Interval = tuple[float, float]


@dataclass(frozen=True)
class Comparison:
    """Two methods compared on the same images.

    Attributes:
        difference: Mean of first minus second, whether higher or lower is better.
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
    quantile = float(special.stdtrit(len(values) - 1, (1 + confidence) / 2))
    half = quantile * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return centre - half, centre + half


def compare_all(
    methods: Sequence[Mapping[str, float] | None],
) -> dict[tuple[int, int], Comparison]:
    """Compare the values of methods image by image, each with every later one.

    Args:
        methods: The values of each method by image name; None for a method without values.

    Returns:
        The indices of two methods to their comparison. Pairs with different image names cannot
        be compared and are left out.
    """
    differences = {
        (i, j): [value - second[name] for name, value in first.items()]
        for (i, first), (j, second) in itertools.combinations(enumerate(methods), 2)
        if first is not None and second is not None and first.keys() == second.keys()
    }
    p_values = wilcoxon_p_values(list(differences.values()))
    return {
        pair: Comparison(
            mean(values),
            mean_interval(values),
            p_value,
            sum(value > 0 for value in values),
            sum(value < 0 for value in values),
        )
        for (pair, values), p_value in zip(differences.items(), p_values, strict=True)
    }


def wilcoxon_p_values(samples: Sequence[Sequence[float]]) -> list[float]:
    """Return the two-sided p-values of Wilcoxon's signed-rank test; 1 where nothing differs.

    Zeros are dropped and equal differences share their mean rank. The distribution is exact up
    to :data:`EXACT_UP_TO` differences, or :data:`EXACT_WITH_TIES_UP_TO` if some are equal, and
    otherwise normal with correction for ties and without continuity correction.

    Args:
        samples: The differences of two methods, one for each image, for any number of pairs.
    """
    p_values = [1.0] * len(samples)
    # Testing all samples of one size in one call is sixty times faster than one by one.
    by_method: dict[tuple[int, str], list[tuple[int, npt.NDArray[np.float64]]]] = {}
    for index, sample in enumerate(samples):
        values = np.asarray(sample, np.float64)
        values = values[values != 0]
        count, ties = len(values), len(np.unique(np.abs(values))) < len(values)
        if ties and count <= EXACT_WITH_TIES_UP_TO:
            p_values[index] = _exact_p_value_with_ties(values)
        elif count:
            method = "asymptotic" if ties or count > EXACT_UP_TO else "exact"
            by_method.setdefault((count, method), []).append((index, values))
    for (_, method), found in by_method.items():
        tests = stats.wilcoxon(np.stack([one for _, one in found]), axis=1, method=method)
        for (index, _), p_value in zip(found, tests.pvalue, strict=True):
            p_values[index] = float(p_value)
    return p_values


def _exact_p_value_with_ties(values: npt.NDArray[np.float64]) -> float:
    """Try all assignments of signs; ``stats.wilcoxon`` does the same, a thousand times slower."""
    ranks = stats.rankdata(np.abs(values))

    def positive_ranks(sample: npt.NDArray[np.float64], axis: int) -> Any:
        return np.sum(ranks * (sample > 0), axis=axis)

    test = stats.permutation_test(
        (values,), positive_ranks, permutation_type="samples", n_resamples=np.inf, vectorized=True
    )
    return float(test.pvalue)

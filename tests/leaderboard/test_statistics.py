import itertools
import math

import numpy as np
import pytest

from restorekit.leaderboard.statistics import (
    EXACT_UP_TO,
    EXACT_WITH_TIES_UP_TO,
    compare_all,
    mean_interval,
    wilcoxon_p_values,
)

#: Two-sided quantiles of Student's t as tables print them: confidence, degrees of freedom, t.
STUDENT = [
    *((0.95, 1, 12.706), (0.95, 2, 4.303), (0.95, 3, 3.182), (0.95, 4, 2.776), (0.95, 9, 2.262)),
    *((0.95, 30, 2.042), (0.95, 120, 1.980), (0.99, 5, 4.032), (0.9, 10, 1.812), (0.999, 8, 5.041)),
]
#: Darwin's maize plants: differences in height, in eighths of an inch; W is 24 of 15 pairs.
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


@pytest.mark.parametrize(("confidence", "freedom", "quantile"), STUDENT)
def test_the_interval_is_that_of_printed_tables(confidence, freedom, quantile):
    values = np.random.default_rng(freedom).gamma(3, 2, freedom + 1).tolist()
    low, high = mean_interval(values, confidence)
    centre = math.fsum(values) / len(values)
    error = math.sqrt(sum((value - centre) ** 2 for value in values) / freedom / len(values))
    assert (low + high) / 2 == pytest.approx(centre)
    assert (high - low) / 2 / error == pytest.approx(quantile, abs=0.0006)


def test_the_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    intervals = [mean_interval(rng.normal(30, 2, 12).tolist()) for _ in range(2000)]
    covered = np.mean([low <= 30 <= high for low, high in intervals])
    assert 0.935 < covered < 0.965


def test_one_image_has_no_interval():
    assert mean_interval([31.0]) is None


def wilcoxon_p_value(differences):
    return wilcoxon_p_values([differences])[0]


def by_enumeration(differences):
    """Return Wilcoxon's p-value from all assignments of signs."""
    sizes = [abs(value) for value in differences if value]
    ranks = [sum(o < s for o in sizes) + (sizes.count(s) + 1) / 2 for s in sizes]
    values = [value for value in differences if value]
    own = sum(rank for rank, value in zip(ranks, values, strict=True) if value > 0)
    sums = [sum(itertools.compress(ranks, s)) for s in itertools.product((0, 1), repeat=len(ranks))]
    lower, upper = sum(one <= own for one in sums), sum(one >= own for one in sums)
    return min(1.0, 2 * min(lower, upper) / len(sums))


def by_normal_approximation(differences):
    values = [value for value in differences if value]
    sizes = [abs(value) for value in values]
    ranks = [sum(o < s for o in sizes) + (sizes.count(s) + 1) / 2 for s in sizes]
    own = sum(rank for rank, value in zip(ranks, values, strict=True) if value > 0)
    number = len(values)
    ties = sum(sizes.count(size) ** 3 - sizes.count(size) for size in set(sizes))
    variance = number * (number + 1) * (2 * number + 1) / 24 - ties / 48
    return math.erfc(abs(own - number * (number + 1) / 4) / math.sqrt(2 * variance))


def test_wilcoxon_of_a_published_example():
    assert wilcoxon_p_value(MAIZE) == pytest.approx(0.04126, abs=5e-6)
    assert wilcoxon_p_value([-value for value in MAIZE]) == wilcoxon_p_value(MAIZE)


@pytest.mark.parametrize("count", [1, 2, 5, 9, 14])
@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_wilcoxon_counts_all_assignments_of_signs(count, shift):
    differences = np.random.default_rng(count).normal(shift, 1, count).tolist()
    assert wilcoxon_p_value(differences) == pytest.approx(by_enumeration(differences), rel=1e-9)


@pytest.mark.parametrize("count", [2, 6, EXACT_WITH_TIES_UP_TO])
def test_wilcoxon_of_few_images_is_exact_with_ties_and_zeros(count):
    differences = np.random.default_rng(count).integers(-2, 5, count).astype(float).tolist()
    assert wilcoxon_p_value(differences) == pytest.approx(by_enumeration(differences), rel=1e-9)


@pytest.mark.parametrize("count", [EXACT_UP_TO + 1, 200])
def test_wilcoxon_of_many_images_is_the_normal_approximation(count):
    differences = np.random.default_rng(count).normal(0.2, 1, count).tolist()
    expected = by_normal_approximation(differences)
    assert wilcoxon_p_value(differences) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("count", [30, 120])
def test_the_normal_approximation_is_corrected_for_ties(count):
    differences = np.random.default_rng(count).integers(-3, 5, count).astype(float).tolist()
    expected = by_normal_approximation(differences)
    assert wilcoxon_p_value(differences) == pytest.approx(expected, rel=1e-9)


def test_nothing_differs():
    assert wilcoxon_p_value([0.0, 0.0]) == 1.0
    assert wilcoxon_p_value([]) == 1.0


def test_samples_of_all_kinds_are_tested_together():
    rng = np.random.default_rng(3)
    samples = [rng.normal(0.3, 1, count).tolist() for count in (1, 9, 9, 60, 60, 51)]
    samples += [rng.integers(-3, 5, count).astype(float).tolist() for count in (9, 30, 9)]
    samples += [[], [0.0]]
    assert wilcoxon_p_values(samples) == pytest.approx([*map(wilcoxon_p_value, samples)], rel=1e-12)


def test_comparison_pairs_images_by_name_and_is_antisymmetric():
    first = {"a": 30.0, "b": 31.0, "c": 29.0, "d": 33.0}
    second = {"d": 31.0, "c": 29.0, "b": 30.5, "a": 31.0}
    compared = compare_all([first, second, first])
    assert set(compared) == {(0, 1), (0, 2), (1, 2)}
    forth, back = compared[0, 1], compared[1, 2]
    assert forth.difference == pytest.approx(0.375)
    assert (forth.first_higher, forth.second_higher) == (2, 1)
    assert (back.first_higher, back.second_higher) == (1, 2)
    assert back.difference == -forth.difference
    assert back.p_value == forth.p_value
    assert [-end for end in reversed(back.interval)] == pytest.approx(forth.interval)


def test_images_of_other_names_are_not_paired():
    assert compare_all([{"a": 1.0, "b": 2.0}, None, {"a": 1.0, "c": 2.0}]) == {}

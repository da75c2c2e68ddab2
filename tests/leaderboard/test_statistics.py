import numpy as np
import pytest
from scipy import stats

from restorekit.leaderboard.statistics import (
    EXACT_UP_TO,
    compare,
    mean_interval,
    student_t_quantile,
    wilcoxon_p_value,
)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 10, 11, 99, 199, 1399, 2799])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
def test_student_t_quantile_is_scipys(freedom, confidence):
    expected = stats.t.ppf((1 + confidence) / 2, freedom)
    assert student_t_quantile(confidence, freedom) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("count", [2, 3, 12, 100, 200])
def test_interval_of_the_mean_is_scipys(count):
    values = np.random.default_rng(count).gamma(3, 2, count)
    expected = stats.t.interval(
        0.95, count - 1, loc=values.mean(), scale=values.std(ddof=1) / np.sqrt(count)
    )
    assert mean_interval(list(values)) == pytest.approx(expected, rel=1e-9)


def test_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    intervals = [mean_interval(list(rng.normal(30, 2, 12))) for _ in range(2000)]
    covered = np.mean([low <= 30 <= high for low, high in intervals])
    assert 0.935 < covered < 0.965


def test_one_image_has_no_interval():
    assert mean_interval([31.0]) is None


@pytest.mark.parametrize("count", [1, 3, 10, 30, EXACT_UP_TO, EXACT_UP_TO + 1, 100, 200, 1400])
@pytest.mark.parametrize("shift", [0.0, 0.2, 1.0])
def test_wilcoxon_is_what_scipy_does_by_default(count, shift):
    differences = np.random.default_rng(count).normal(shift, 1, count)
    expected = stats.wilcoxon(differences).pvalue
    assert wilcoxon_p_value(list(differences)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_wilcoxon_is_exact_with_ties_and_zeros(seed):
    differences = np.random.default_rng(seed).integers(-2, 5, 11).astype(float)
    every_sign = stats.PermutationMethod(n_resamples=10**6)
    expected = stats.wilcoxon(differences[differences != 0], method=every_sign).pvalue
    assert wilcoxon_p_value(list(differences)) == pytest.approx(expected, rel=1e-9)


def test_wilcoxon_of_many_images_is_corrected_for_ties():
    differences = np.random.default_rng(1).integers(-3, 5, 120).astype(float)
    expected = stats.wilcoxon(differences, method="asymptotic", zero_method="wilcox").pvalue
    assert wilcoxon_p_value(list(differences)) == pytest.approx(expected, rel=1e-9)


def test_nothing_differs():
    assert wilcoxon_p_value([0.0, 0.0]) == 1.0
    assert wilcoxon_p_value([]) == 1.0


def test_comparison_pairs_images_by_name_and_is_antisymmetric():
    first = {"a": 30.0, "b": 31.0, "c": 29.0, "d": 33.0}
    second = {"d": 31.0, "c": 29.0, "b": 30.5, "a": 31.0}
    forth, back = compare(first, second), compare(second, first)
    assert forth.difference == pytest.approx(0.375)
    assert (forth.first_higher, forth.second_higher) == (2, 1)
    assert (back.first_higher, back.second_higher) == (1, 2)
    assert back.difference == -forth.difference
    assert back.p_value == forth.p_value
    assert [-end for end in reversed(back.interval)] == pytest.approx(forth.interval)


def test_images_of_other_names_are_not_paired():
    assert compare({"a": 1.0, "b": 2.0}, {"a": 1.0, "c": 2.0}) is None

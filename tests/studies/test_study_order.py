"""Significance over images and trainings, and sentences about order, against NumPy and SciPy."""

import numpy as np
import pytest
from leaderboard_samples import sample_results
from scipy import stats

from restorekit.studies.drawing.measured import Measured, p_over_both
from restorekit.studies.drawing.order import OrderedRow, compare_orders, describe, holm


def measured(values):
    """Return PSNR of trainings × images."""
    trainings = [
        sample_results("A", {f"i{n}": float(v) for n, v in enumerate(row)}) for row in values
    ]
    return Measured(tuple(one.measures["psnr/rgb_float"] for one in trainings))


def draws(mean, seed, trainings=3, images=40, between=0.1):
    rng = np.random.default_rng(seed)
    base = np.random.default_rng(99).normal(0, 3, images)
    noise = rng.normal(0, 0.2, (trainings, images))
    return mean + base + rng.normal(0, between, (trainings, 1)) + noise


def test_means_spread_and_interval():
    values = draws(28.0, 1)
    one = measured(values)
    assert one.mean == pytest.approx(values.mean())
    assert one.spread == pytest.approx(values.mean(axis=1).std(ddof=1))
    per_image = values.mean(axis=0)
    expected = stats.t.interval(0.95, 39, per_image.mean(), stats.sem(per_image))
    assert one.interval == pytest.approx(expected)
    assert measured(values[:1]).spread is None


def test_one_training_each_is_the_paired_t_test():
    a, b = draws(28.0, 1, trainings=1), draws(28.05, 2, trainings=1)
    expected = stats.ttest_rel(a[0], b[0]).pvalue
    assert p_over_both(measured(a), measured(b)) == pytest.approx(expected)


def test_trainings_alone_are_welchs_test():
    """On images whose differences are all equal, only the trainings vary."""
    a, b = np.array([28.0, 28.3, 28.1]), np.array([27.8, 27.6])
    columns = np.zeros((1, 5))
    expected = stats.ttest_ind(a, b, equal_var=False).pvalue
    found = p_over_both(measured(a[:, None] + columns), measured(b[:, None] + columns))
    assert found == pytest.approx(expected)


def test_both_variances_together_reject_at_their_level():
    """Of equal rows, few differ significantly although their trainings scatter."""
    p_values = [
        p_over_both(measured(draws(28, 2 * n)), measured(draws(28, 2 * n + 1))) for n in range(150)
    ]
    assert np.mean(np.array(p_values) < 0.05) < 0.08
    # The trainings' scatter does mislead a test over images alone.
    over_images = [
        stats.ttest_rel(draws(28, 2 * n).mean(axis=0), draws(28, 2 * n + 1).mean(axis=0)).pvalue
        for n in range(150)
    ]
    assert np.mean(np.array(over_images) < 0.05) > 0.15


def test_identical_rows_and_other_images():
    values = draws(28.0, 1)
    assert p_over_both(measured(values), measured(values)) == 1.0
    assert p_over_both(measured(values), measured(values[:, :7])) is None
    assert p_over_both(measured(values[:, :1]), measured(values[:, :1])) is None


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.9, 0.8], [1.0, 1.0]),
        ([], []),
    ],
)
def test_holm(p_values, expected):
    """The first row is the example of R's p.adjust(…, "holm")."""
    assert holm(p_values) == pytest.approx(expected)


def order_of(published, means, *, between=0.05, **options):
    rows = [
        OrderedRow(f"R{n}", value, measured(draws(mean, n, between=between, **options)))
        for n, (value, mean) in enumerate(zip(published, means, strict=True))
    ]
    return compare_orders(rows)


def test_the_order_holds():
    published, means = [27.0, 28.0, 29.0], [20.0, 22.0, 24.0]
    order = order_of(published, means)
    assert order.tau == stats.kendalltau(published, means).statistic == 1
    assert len(order.agreeing) == len(order.significant) == 3
    assert order.best_rank == 1
    text = describe(order, "on X")
    assert "order holds on X" in text
    assert "3 of 3 pairs" in text
    assert "40 images and 3 trainings a row" in text


def test_the_order_is_reversed():
    published, means = [27.0, 28.0, 29.0], [20.0, 24.0, 22.0]
    order = order_of(published, means)
    assert order.tau == pytest.approx(stats.kendalltau(published, means).statistic)
    assert order.best_rank == 2
    text = describe(order, "here")
    assert "does not hold here: “R1” is better than “R2”" in text
    assert "2 of 3 pairs" in text
    assert "1 reversed (1 significantly)" in text


def test_what_could_be_chance_is_called_so():
    text = describe(order_of([27.0, 28.0], [24.0, 24.05], between=0.3), "here")
    assert "chance" in text or "none of the reversed pairs" in text
    alone = describe(order_of([27.0, 28.0], [24.0, 30.0], trainings=1), "here")
    assert "1 training a row, so that chance in training is not counted" in alone


def test_a_single_training_among_several_is_said():
    several, single = measured(draws(28, 1)), measured(draws(27, 2, trainings=1))
    order = compare_orders([OrderedRow("A", 28.0, several), OrderedRow("B", 27.0, single)])
    assert "1 to 3 trainings a row, so that chance in training is counted in part" in describe(
        order, "here"
    )


def test_equal_published_numbers_have_no_order():
    order = order_of([3.98, 3.98, 4.1], [1.0, 2.0, 3.0])
    assert len(order.agreeing) + len(order.reversed_) == 2
    assert compare_orders(order.rows[:1]) is None
    tied = compare_orders([OrderedRow(str(n), 3.0 + n, measured(draws(1, 1))) for n in range(2)])
    assert (tied.agreeing, tied.reversed_, tied.equal) == ((), (), ((0, 1),))
    assert "1 with equal means" in describe(tied, "here")
    same = order_of([3.98, 3.98], [1.0, 2.0])
    assert same.tau is None
    assert "no order to compare" in describe(same, "here")


def test_lower_can_be_better():
    rows = []
    for n, (published, mean) in enumerate([(3.5, 3.0), (4.0, 5.0)]):
        values = {f"i{k}": mean + 0.01 * k for k in range(9)}
        quantity = sample_results("A", None, niqe=values).measures["niqe/official"]
        rows.append(OrderedRow(f"R{n}", published, Measured((quantity,))))
    order = compare_orders(rows)
    assert [row.label for row in order.rows] == ["R0", "R1"]
    assert order.agreeing == ((0, 1),)
    assert order.best_rank == 1

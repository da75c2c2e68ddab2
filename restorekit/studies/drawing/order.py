"""Whether the order of a paper's rows holds here, and how sure that is."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from restorekit.io.terminal import counted
from restorekit.leaderboard.render.cells import Number

from .measured import Measured, p_over_both, trainings_in_words

#: Pairs of rows whose p-value after Holm's correction is below this are called significant.
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class OrderedRow:
    """A row with a published and a measured number.

    Attributes:
        label: What it is called.
        published: The published number.
        measured: What was measured here.
    """

    label: str
    published: float
    measured: Measured


@dataclass(frozen=True)
class Order:
    """How the order here agrees with the published one.

    Attributes:
        rows: The rows, the paper's best first.
        tau: Kendall's rank correlation (tau-b) of published and measured means; None where all
            rows have the same number.
        agreeing: Indices of two rows, the paper's better first, that are in the paper's order here.
        reversed_: Pairs that are in the other order here.
        equal: Pairs with the same mean here.
        significant: Those that differ significantly.
    """

    rows: tuple[OrderedRow, ...]
    tau: float | None
    agreeing: tuple[tuple[int, int], ...]
    reversed_: tuple[tuple[int, int], ...]
    equal: tuple[tuple[int, int], ...]
    significant: frozenset[tuple[int, int]]

    @property
    def best_rank(self) -> int:
        """The rank here of the row that the paper calls best, from 1."""
        sign = self.rows[0].measured.quantity.sign
        own = sign * self.rows[0].measured.mean
        return 1 + sum(sign * row.measured.mean > own for row in self.rows)


def compare_orders(rows: Sequence[OrderedRow]) -> Order | None:
    """Compare the measured order of rows with the published one; None for fewer than two rows.

    Pairs with the same published number have no order and are left out.
    """
    if len(rows) < 2:
        return None
    sign = rows[0].measured.quantity.sign
    rows = sorted(rows, key=lambda row: -sign * row.published)
    agreeing: list[tuple[int, int]] = []
    reversed_: list[tuple[int, int]] = []
    equal: list[tuple[int, int]] = []
    p_values: dict[tuple[int, int], float] = {}
    for pair in itertools.combinations(range(len(rows)), 2):
        better, worse = (rows[index] for index in pair)
        if better.published == worse.published:
            continue
        step = sign * (better.measured.mean - worse.measured.mean)
        (agreeing if step > 0 else reversed_ if step < 0 else equal).append(pair)
        p_value = p_over_both(better.measured, worse.measured)
        if p_value is not None:
            p_values[pair] = p_value
    tau = stats.kendalltau(
        [row.published for row in rows], [row.measured.mean for row in rows]
    ).statistic
    corrected = holm(list(p_values.values()))
    significant = {pair for pair, p in zip(p_values, corrected, strict=True) if p < SIGNIFICANT}
    return Order(
        tuple(rows),
        None if tau != tau else float(tau),
        tuple(agreeing),
        tuple(reversed_),
        tuple(equal),
        frozenset(significant),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number by Holm's step-down method."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected, largest = [0.0] * len(p_values), 0.0
    for position, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - position) * p_values[index]))
        corrected[index] = largest
    return corrected


def describe(order: Order, where: str) -> str:
    """Say in a few sentences whether the paper's order holds, and how sure that is.

    Args:
        order: The comparison.
        where: The test set, as in ``on Rain200H``, or ``here``.
    """
    first = order.rows[0]
    label = first.measured.quantity.label
    pairs = len(order.agreeing) + len(order.reversed_) + len(order.equal)
    if not pairs:
        return f"The paper gives these rows the same {label}: there is no order to compare."
    tau = (
        "" if order.tau is None else f"Kendall's τ of {label} is {Number(order.tau, 2).text('−')}: "
    )
    shares = f"{len(order.agreeing)} of {counted(pairs, 'pair')} of rows in the paper's order"
    shares += f" ({_share(order, order.agreeing)})"
    if order.reversed_:
        shares += f", {len(order.reversed_)} reversed ({_share(order, order.reversed_)})"
    if order.equal:
        shares += f", {len(order.equal)} with equal means"
    trainings = {len(row.measured.trainings) for row in order.rows}
    sure = f"{trainings_in_words(trainings)} a row"
    if trainings == {1}:
        sure += ", so that chance in training is not counted"
    elif 1 in trainings:
        sure += ", so that chance in training is counted in part only"
    images = counted(len(first.measured.images), "image")
    rank = order.best_rank
    place = "the best" if rank == 1 else f"number {rank} of {len(order.rows)}"
    return (
        f"{_verdict(order, where)} {tau}{shares}, with {images} and {sure}. “{first.label}”, the "
        f"paper's best of these rows, is {place} here."
    )


def _verdict(order: Order, where: str) -> str:
    labels = [row.label for row in order.rows]
    wrong = [pair for pair in order.reversed_ if pair in order.significant]
    right = [pair for pair in order.agreeing if pair in order.significant]
    if wrong:
        named = ", ".join(f"“{labels[j]}” is better than “{labels[i]}”" for i, j in wrong)
        return f"The paper's order does not hold {where}: {named}, significantly."
    if order.reversed_:
        return (
            f"The paper's order is not the one measured {where}, and none of the reversed pairs "
            "differs significantly."
        )
    if len(right) == len(order.agreeing) and not order.equal:
        return f"The paper's order holds {where}, and every difference is significant."
    if order.equal:
        return f"The paper's order is not reversed {where}, but rows are equal."
    part = "part" if right else "all"
    return f"The paper's order is the one measured {where}, but {part} of it could be chance."


def _share(order: Order, pairs: Sequence[tuple[int, int]]) -> str:
    return f"{sum(pair in order.significant for pair in pairs) or 'none'} significantly"

"""One measure of one row on one test set, over all its trainings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from restorekit.evaluation.results import MeasuredQuantity
from restorekit.io.terminal import counted
from restorekit.leaderboard.statistics import Interval, mean_interval
from restorekit.metrics.plan import mean


@dataclass(frozen=True)
class Measured:
    """The values of a measure, one set for each training.

    Attributes:
        trainings: What each training's results file holds; at least one.
    """

    trainings: tuple[MeasuredQuantity, ...]

    @property
    def quantity(self) -> MeasuredQuantity:
        """A quantity that says what was measured."""
        return self.trainings[0]

    @property
    def means(self) -> tuple[float, ...]:
        """The mean over images of each training."""
        return tuple(one.mean for one in self.trainings)

    @property
    def mean(self) -> float:
        """The mean over trainings."""
        return mean(self.means)

    @property
    def spread(self) -> float | None:
        """The standard deviation of the means over trainings; None for a single training."""
        return float(np.std(self.means, ddof=1)) if len(self.means) > 1 else None

    @property
    def images(self) -> dict[str, float]:
        """The value of each image that all trainings have, averaged over trainings."""
        names = [
            name for name in self.quantity.images if all(name in t.images for t in self.trainings)
        ]
        return {name: mean([one.images[name] for one in self.trainings]) for name in names}

    @property
    def interval(self) -> Interval | None:
        """The confidence interval of the mean over images; None for a single image."""
        return mean_interval(list(self.images.values()))


def trainings_in_words(counts: Collection[int]) -> str:
    """Return how many trainings rows or curves have: ``3 trainings``, ``2 to 3 trainings``."""
    least, most = min(counts), max(counts)
    return counted(most, "training") if least == most else f"{least} to {most} trainings"


def p_over_both(first: Measured, second: Measured) -> float | None:
    """Return the two-sided p-value that two rows differ on other images after other trainings.

    The variance of the difference has a part from the choice of images (of the differences image
    by image, averaged over trainings) and one from the trainings of each row (of their means); a
    t-test with Welch and Satterthwaite's degrees of freedom takes their sum. What images and
    trainings do together is in both parts, so that p is rather too large than too small. A row
    with a single training adds nothing to the second part.

    Returns:
        The p-value; None for a single image, or if the rows have different image names.
    """
    here, there = first.images, second.images
    if here.keys() != there.keys() or len(here) < 2:
        return None
    differences = [value - there[name] for name, value in here.items()]
    parts = [_variance_of_mean(differences)]
    parts += [_variance_of_mean(one.means) for one in (first, second) if len(one.means) > 1]
    variance = sum(part for part, _ in parts)
    difference = first.mean - second.mean
    if variance == 0:
        return 1.0 if difference == 0 else 0.0
    freedom = variance**2 / sum(part**2 / count for part, count in parts)
    return float(2 * special.stdtr(freedom, -abs(difference) / variance**0.5))


def _variance_of_mean(values: Sequence[float]) -> tuple[float, int]:
    """Return the variance of the mean of ``values``, and its degrees of freedom."""
    return float(np.var(values, ddof=1)) / len(values), len(values) - 1

"""The report: tables and figures by axis, a matrix of training and test sets, failures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from restorekit.io.terminal import counted
from restorekit.leaderboard import Report, write_report
from restorekit.leaderboard.statistics import CONFIDENCE, mean_interval
from restorekit.metrics.plan import mean

from .chapters import (
    axis_chapter,
    failures_chapter,
    matrix_chapter,
    overview_chapter,
)
from .failures import Failure
from .matrix import Matrix
from .measuring import Measured

STEM = "robustness"
_CSV = (
    *("axis", "value", "method", "trained_on", "test_set", "measure", "protocol"),
    *("mean", "low", "high", "images", "seed", "fingerprint"),
)


def write_robustness(
    folder: Path,
    measured: Measured,
    matrix: Matrix | None = None,
    failures: Sequence[Failure] = (),
    gallery: Path | None = None,
) -> list[Path]:
    """Write ``robustness.html``, ``.md``, ``.csv`` and ``.tex``, and the figures.

    Args:
        folder: Output folder; created if needed.
        measured: What was measured.
        matrix: Results on other test sets.
        failures: The images with the smallest gains.
        gallery: The figure of them, in ``folder``.

    Returns:
        The paths of the report.
    """
    axes = list(dict.fromkeys(one.axis for one in measured.conditions))
    chapters = [
        overview_chapter(measured),
        *(axis_chapter(folder, measured, axis) for axis in axes),
    ]
    if matrix is not None:
        chapters.append(matrix_chapter(matrix))
    if failures and gallery is not None:
        chapters.append(failures_chapter(measured, failures, gallery))
    report = Report(
        "Robustness",
        f"{counted(len(measured.labels) - 1, 'network')} on "
        f"{counted(len(measured.photos), 'photograph')} with rendered rain (seed {measured.seed}), "
        f"measured under {measured.protocol.name}.",
        tuple(chapters),
        (
            "Every number is a mean over the photographs, ± half of its "
            f"{CONFIDENCE:.0%} interval, which is about other photographs like these. Rain is "
            "rendered onto clean photographs: real rain is not among the conditions.",
            f"Fingerprint of the photographs: `{measured.fingerprint}`.",
        ),
    )
    return write_report(folder, STEM, report, list(_csv(measured, matrix)))


def _csv(measured: Measured, matrix: Matrix | None) -> Iterator[Sequence[Any]]:
    yield _CSV
    tail = (measured.seed, measured.fingerprint)
    for condition in measured.conditions:
        for label in measured.labels:
            for name in measured.measures:
                values = list(measured.of(condition, label, name).values())
                low, high = mean_interval(values) or (None, None)
                yield (
                    *(condition.axis, condition.value, label, None, None, name),
                    *(measured.protocol.name, mean(values), low, high, len(values), *tail),
                )
    if matrix is None:
        return
    for row in matrix.rows:
        for key, title in matrix.columns.items():
            value = matrix.value(row, key)
            if value is not None:
                yield (
                    *("matrix", None, row[0], row[1], title, matrix.measure.name),
                    *(matrix.protocol, value, None, None, None, None, key),
                )

"""One table of results on several test sets."""

from __future__ import annotations

from collections.abc import Mapping

from restorekit.evaluation.results import RAINY_INPUT, MeasuredQuantity, Results

from .ranking import by_criterion
from .render.cells import NOTHING, Cell, Column, Item, Number, Text, best_of, cell
from .render.sections import dataset_title


def across_test_sets(results: Mapping[str, Results]) -> tuple[Column, ...]:
    """Return a table with a row for each method and a column for each test set.

    A column shows what was measured under the first criterion of its test set, such as PSNR and
    SSIM under the catalog's protocol. The rainy input comes last.

    Args:
        results: Results by their file. Of several results of one method on the same images, the
            first counts.
    """
    criteria: dict[str, str] = {}
    titles: dict[str, str] = {}
    found: dict[tuple[str, str], dict[str, MeasuredQuantity]] = {}
    for one in results.values():
        fingerprint, measured = one.dataset.fingerprint, by_criterion(one)
        if not measured:
            continue
        criterion = criteria.setdefault(fingerprint, next(iter(measured)))
        titles.setdefault(fingerprint, f"{dataset_title(one.dataset)}, {criterion}")
        found.setdefault((one.method, fingerprint), measured.get(criterion, {}))
    methods = sorted(dict.fromkeys(method for method, _ in found), key=RAINY_INPUT.__eq__)
    first = Column("method", "method", tuple(cell(Text(one)) for one in methods), words=True)
    columns = [first]
    for fingerprint, title in titles.items():
        rows = [found.get((method, fingerprint), {}) for method in methods]
        columns.append(Column(fingerprint, title, _cells(rows)))
    return tuple(columns)


def _cells(rows: list[dict[str, MeasuredQuantity]]) -> tuple[Cell, ...]:
    deciding = [next(iter(row.values()), None) for row in rows]
    means = [None if one is None else one.mean for one in deciding]
    higher = next((one.higher_is_better for one in deciding if one is not None), True)
    return tuple(
        Cell((Item(tuple(Number(one.mean, one.digits) for one in row.values())),), mean, is_best)
        if row
        else NOTHING
        for row, mean, is_best in zip(rows, means, best_of(means, higher), strict=True)
    )

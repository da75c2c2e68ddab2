"""Tables 1 and 2 of the DCSFN paper, with columns for numbers measured with restorekit.

The paper's numbers come from the catalog. A cell for restorekit is filled from a results file;
without one it stays empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from restorekit.catalog import Published, PublishedNumbers
from restorekit.errors import DataError
from restorekit.evaluation.results import MeasuredQuantity, Results
from restorekit.metrics.measures import find_measure

from .board import test_set_of
from .ranking import by_criterion
from .render.cells import EMPTY, Cell, Column, Item, Number, Text, best_of, cell, difference
from .render.report import Chapter, Report, Table

#: The protocol of the paper's released eval.py.
PAPER_PROTOCOL = "rgb_float"

#: A results file, and its quantities by the name of the measure.
_Found = tuple[str, Mapping[str, MeasuredQuantity]]

_HERE = "restorekit"
_DATASET_NAMES = {"rain200h": "Rain100H", "rain200l": "Rain100L", "rain1200": "Rain1200"}


def paper_tables(references: PublishedNumbers, results: Mapping[str, Results]) -> Report:
    """Return the paper's Tables 1 and 2.

    Args:
        references: Published numbers.
        results: Results by their file; may be empty. Those that fit no cell (other methods,
            test sets or protocols) are left out.

    Raises:
        DataError: If two files have different numbers for one cell, or NIQE of different
            photographs or variants.
    """
    return Report(
        "DCSFN, Tables 1 and 2",
        "The numbers of the paper, and those measured with restorekit.",
        (_synthetic(references, results), _real(references, results)),
    )


def _synthetic(references: PublishedNumbers, results: Mapping[str, Results]) -> Chapter:
    printed = {(number.dataset, number.method): number for number in references.table("dcsfn-1")}
    datasets = list(dict.fromkeys(dataset for dataset, _ in printed))
    methods = list(dict.fromkeys(method for _, method in printed))
    found = _measured(references, results)
    columns = [_method_column(methods)]
    for dataset in datasets:
        title = _DATASET_NAMES[dataset]
        numbers = [printed[dataset, method] for method in methods]
        ours = [found.get((dataset, method.lower())) for method in methods]
        columns += [
            _published_column(f"{dataset}-paper", f"{title}, paper", numbers),
            _measured_column(f"{dataset}-here", f"{title}, {_HERE}", ours, numbers),
        ]
    notes = (
        f"PSNR (dB) / SSIM under the protocol {PAPER_PROTOCOL}, as the paper's released eval.py "
        "measures. The paper's Rain100H and Rain100L are the website's later versions with 200 "
        "test pairs, since called Rain200H and Rain200L.",
        f"A results file fills a cell of {_HERE} if it is of that method, under that protocol, on "
        f"all images of {', '.join(datasets)}; in parentheses measured minus published. "
        f"{EMPTY} is not measured.",
    )
    return Chapter(
        "Table 1 of the DCSFN paper: synthetic rain", tables=(Table(tuple(columns)),), notes=notes
    )


def _real(references: PublishedNumbers, results: Mapping[str, Results]) -> Chapter:
    numbers = references.table("dcsfn-2")
    (measure,) = numbers[0].printed
    label = find_measure(measure).label
    found, kind = _measured_without_protocol(results, measure)
    ours = [found.get(number.method.lower()) for number in numbers]
    columns = (
        _method_column([number.method for number in numbers]),
        _published_column("paper", f"{label}, paper", numbers),
        # No differences: these are not the paper's photographs. Two decimals are the paper's.
        _measured_column("here", f"{label}, {_HERE}{kind}", ours, digits=2),
    )
    notes = (
        "Lower is better. The paper does not say which implementation it used.",
        "The paper's photographs were not published: the numbers measured here are for others and "
        f"cannot be compared with the paper's. {EMPTY} is not measured.",
    )
    return Chapter(
        "Table 2 of the DCSFN paper: real photographs", tables=(Table(columns),), notes=notes
    )


def _method_column(methods: Sequence[str]) -> Column:
    return Column("method", "method", tuple(cell(Text(one)) for one in methods), words=True)


def _published_column(key: str, title: str, numbers: Sequence[Published]) -> Column:
    deciding = next(iter(numbers[0].printed))
    values = [number.value(deciding) for number in numbers]
    best = best_of(values, find_measure(deciding).higher_is_better)
    return Column(
        key,
        title,
        tuple(
            Cell((Item(tuple(map(Text, number.printed.values()))),), value, is_best)
            for number, value, is_best in zip(numbers, values, best, strict=True)
        ),
    )


def _measured_column(
    key: str,
    title: str,
    found: Sequence[_Found | None],
    published: Sequence[Published] = (),
    digits: int | None = None,
) -> Column:
    """Return a column of numbers measured with restorekit.

    Args:
        key: Key of the column.
        title: Title of the column.
        found: Results file and numbers of each method, or None.
        published: The paper's numbers, if they are for the same images.
        digits: Decimals; those of each measure by default.
    """
    deciding = [None if one is None else next(iter(one[1].values())) for one in found]
    means = [None if one is None else one.mean for one in deciding]
    higher = next((one.higher_is_better for one in deciding if one is not None), True)
    cells = []
    for index, (one, first, is_best) in enumerate(
        zip(found, deciding, best_of(means, higher), strict=True)
    ):
        if one is None or first is None:
            cells.append(Cell((Item((Text(EMPTY),)),)))
            continue
        theirs = published[index].value(first.measure) if published else None
        gap = None if theirs is None else difference(first.mean - theirs, first.digits)
        numbers = tuple(
            Number(quantity.mean, quantity.digits if digits is None else digits)
            for quantity in one[1].values()
        )
        cells.append(Cell((Item(numbers, gap),), first.mean, is_best))
    return Column(key, title, tuple(cells))


def _measured(
    references: PublishedNumbers, results: Mapping[str, Results]
) -> dict[tuple[str, str], _Found]:
    """Return the numbers for the cells of Table 1, by dataset and lower-case method."""
    found: dict[tuple[str, str], _Found] = {}
    wanted = references.table("dcsfn-1")[0].printed
    for source, result in results.items():
        dataset, _ = test_set_of(references, result.dataset)
        measured = by_criterion(result).get(PAPER_PROTOCOL, {})
        if dataset is not None and all(name in measured for name in wanted):
            cell_of = (dataset.id, result.method.lower())
            _fill(found, cell_of, source, {name: measured[name] for name in wanted})
    return found


def _measured_without_protocol(
    results: Mapping[str, Results], measure: str
) -> tuple[dict[str, _Found], str]:
    """Return the numbers for Table 2 by lower-case method, and their photographs in words."""
    found: dict[tuple[str, str], _Found] = {}
    kinds: dict[tuple[str, str | None], str] = {}
    for source, result in results.items():
        for quantity in result.measures.values():
            if quantity.measure != measure or quantity.protocol is not None:
                continue
            dataset = result.dataset
            described = [quantity.variant, f"{dataset.num_images} images of {dataset.name}"]
            kinds[dataset.fingerprint, quantity.variant] = ", ".join(filter(None, described))
            _fill(found, (measure, result.method.lower()), source, {measure: quantity})
    if len(kinds) > 1:
        raise DataError(
            f"The results files hold {find_measure(measure).label} of different photographs or "
            f"variants ({'; '.join(kinds.values())}), which are not mixed in one table: give one "
            "kind."
        )
    methods = {method: one for (_, method), one in found.items()}
    return methods, "".join(f" ({kind})" for kind in kinds.values())


def _fill(
    found: dict[tuple[str, str], _Found],
    cell_of: tuple[str, str],
    source: str,
    measured: Mapping[str, MeasuredQuantity],
) -> None:
    other, known = found.setdefault(cell_of, (source, measured))
    if {name: one.mean for name, one in known.items()} != {
        name: one.mean for name, one in measured.items()
    }:
        raise DataError(
            f"{other} and {source} have different numbers of {cell_of[1]!r} for one cell of the "
            f"paper's tables ({cell_of[0]}): leave one of them out."
        )

"""Tables 1 and 2 of the DCSFN paper, with room for what is measured here.

Published numbers come from the catalog. A cell of ours is filled by a results file, or it
is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from restorekit.catalog import Published, PublishedNumbers
from restorekit.errors import DataError
from restorekit.evaluation.results import Results

from .board import test_set_of
from .measures import MEASURES
from .ranking import criteria
from .render.columns import Column, best_of, signed

#: What the paper's released eval.py measures by.
PAPER_PROTOCOL = "rgb_float"
#: In a cell of ours that nobody has measured.
EMPTY = "–"

#: Data set (or ``niqe``) and method in small letters, to results file and means.
_Found = dict[tuple[str, str], tuple[str, dict[str, float]]]

_HERE = "restorekit"
_DATASET_NAMES = {"rain200h": "Rain100H", "rain200l": "Rain100L", "rain1200": "Rain1200"}


@dataclass(frozen=True)
class PaperTable:
    """A table of the paper.

    Attributes:
        title: Its number and what it shows.
        columns: Its columns.
        notes: What a reader must know.
    """

    title: str
    columns: tuple[Column, ...]
    notes: tuple[str, ...]


def paper_tables(references: PublishedNumbers, results: Mapping[str, Results]) -> list[PaperTable]:
    """Return the paper's Tables 1 and 2.

    Args:
        references: Published numbers.
        results: Each with the file it came from; may be empty. What fits no cell (other
            methods, test sets, protocols) does not appear.

    Raises:
        DataError: If two files claim the same cell with different numbers, or hold NIQE of
            different photographs or variants.
    """
    return [_synthetic(references, results), _real(references, results)]


def _synthetic(references: PublishedNumbers, results: Mapping[str, Results]) -> PaperTable:
    printed = {(number.dataset, number.method): number for number in references.table("dcsfn-1")}
    datasets = list(dict.fromkeys(dataset for dataset, _ in printed))
    methods = list(dict.fromkeys(method for _, method in printed))
    measured = _measured(references, results)
    columns = [_method_column(methods)]
    for dataset in datasets:
        title = _DATASET_NAMES[dataset]
        numbers = [printed[dataset, method] for method in methods]
        theirs = [number.value("psnr") for number in numbers]
        found = [measured.get((dataset, method.lower())) for method in methods]
        ours = [None if one is None else one[1]["psnr"] for one in found]
        columns += [
            Column(
                f"{dataset}-paper",
                f"{title}, paper",
                [" / ".join(number.printed.values()) for number in numbers],
                theirs,
                strong=best_of(theirs, "psnr"),
            ),
            Column(
                f"{dataset}-here",
                f"{title}, {_HERE}",
                [_cell(*pair) for pair in zip(found, numbers, strict=True)],
                ours,
                strong=best_of(ours, "psnr"),
            ),
        ]
    notes = (
        f"PSNR (dB) / SSIM by the protocol {PAPER_PROTOCOL}, as the paper's released eval.py "
        "measures. The paper's Rain100H and Rain100L are the website's later versions with 200 "
        "test pairs, since called Rain200H and Rain200L.",
        f"A results file fills a cell of {_HERE} if it is of that method, by that protocol, on "
        f"all images of {', '.join(datasets)}; in parentheses measured minus published. "
        f"{EMPTY} is not measured.",
    )
    return PaperTable("Table 1 of the DCSFN paper: synthetic rain", tuple(columns), notes)


def _method_column(methods: Sequence[str]) -> Column:
    return Column("method", "method", methods, methods, left=True)


def _measured(references: PublishedNumbers, results: Mapping[str, Results]) -> _Found:
    found: _Found = {}
    for source, result in results.items():
        dataset, _ = test_set_of(references, result.dataset)
        measures = criteria(result).get(PAPER_PROTOCOL)
        if dataset is not None and measures is not None:
            means = {name: measure.mean for name, measure in measures.items()}
            _claim(found, (dataset.id, result.method.lower()), source, means)
    return found


def _claim(found: _Found, cell: tuple[str, str], source: str, means: dict[str, float]) -> None:
    other, known = found.setdefault(cell, (source, means))
    if known != means:
        raise DataError(
            f"{other} and {source} hold different numbers of {cell[1]!r} for one cell of the "
            f"paper's tables ({cell[0]}): leave one of them out."
        )


def _cell(here: tuple[str, dict[str, float]] | None, number: Published) -> str:
    if here is None:
        return EMPTY
    means = here[1]
    numbers = " / ".join(f"{value:.{MEASURES[name].digits}f}" for name, value in means.items())
    published = number.value("psnr")
    return (
        numbers if published is None else f"{numbers} ({signed(means['psnr'] - published, 'psnr')})"
    )


def _real(references: PublishedNumbers, results: Mapping[str, Results]) -> PaperTable:
    published = references.table("dcsfn-2")
    methods = [number.method for number in published]
    theirs = [number.value("niqe") for number in published]
    found, kind = _measured_niqe(results)
    ours = [
        found[cell][1]["niqe"] if (cell := ("niqe", method.lower())) in found else None
        for method in methods
    ]
    columns = (
        _method_column(methods),
        Column(
            "paper",
            "NIQE, paper",
            [number.printed["niqe"] for number in published],
            theirs,
            strong=best_of(theirs, "niqe"),
        ),
        Column(
            "here",
            f"NIQE, {_HERE}{kind}",
            [EMPTY if value is None else f"{value:.2f}" for value in ours],
            ours,
            strong=best_of(ours, "niqe"),
        ),
    )
    notes = (
        "Lower is better. Which implementation the paper used it does not say.",
        "The paper's photographs were not handed out: what is measured here is on others, and "
        f"does not compare with the paper's numbers. {EMPTY} is not measured.",
    )
    return PaperTable("Table 2 of the DCSFN paper: real photographs", columns, notes)


def _measured_niqe(results: Mapping[str, Results]) -> tuple[_Found, str]:
    """Return NIQE by method, and in words on what and by which variant."""
    found: _Found = {}
    kinds: dict[tuple[str, str], str] = {}
    for source, result in results.items():
        found_niqe = [one for one in result.measures.values() if one.measure == "niqe"]
        if not found_niqe:
            continue
        measure = found_niqe[0]
        dataset = result.dataset
        key = (dataset.fingerprint, measure.variant or "")
        kinds[key] = f"{measure.variant}, {dataset.num_images} images of {dataset.name}"
        _claim(found, ("niqe", result.method.lower()), source, {"niqe": measure.mean})
    if len(kinds) > 1:
        raise DataError(
            "The results files hold NIQE of different photographs or variants "
            f"({'; '.join(kinds.values())}), which are not mixed in one table: give one kind."
        )
    return found, "".join(f" ({kind})" for kind in kinds.values())

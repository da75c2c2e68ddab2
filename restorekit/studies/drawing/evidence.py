"""Which results files fill which cells of a study's tables."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from restorekit.errors import DataError
from restorekit.evaluation.results import MeasuredQuantity, Results, read_results
from restorekit.evaluation.schema import RAINY_INPUT
from restorekit.io.files import shown_path

from ..places import ROOT, Job, jobs_of
from ..records import Study, Table
from ..results import is_of
from .fitting import measured_by, why_not


@dataclass(frozen=True)
class Slot:
    """A row of a table on the test set of one of its columns.

    Attributes:
        table: Id of the table.
        column: Index of the column.
        row: Index of the row.
    """

    table: str
    column: int
    row: int


@dataclass(frozen=True)
class Found:
    """What fills a slot.

    Attributes:
        results: Results by their file, one for each training.
        expected: Number of trainings that the study plans.
        given: Whether these are given files instead of the study's own runs.
    """

    results: Mapping[str, Results]
    expected: int
    given: bool = False


@dataclass(frozen=True)
class Unreadable:
    """A results file of a study's own run that cannot be used.

    Attributes:
        job: The run.
        reason: What is wrong; it names the file.
    """

    job: Job
    reason: str


@dataclass(frozen=True)
class Evidence:
    """What fills the cells of a study.

    Attributes:
        found: Every slot that a run or a given file may fill.
        unfitting: One sentence for each given file that fills no cell, with the reason.
        unreadable: The results files of its own runs that cannot be used.
    """

    found: Mapping[Slot, Found]
    unfitting: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


def find_evidence(study: Study, root: Path = ROOT, given: Sequence[str | Path] = ()) -> Evidence:
    """Find the results of a study's own runs, and of given files.

    Files that are given take the place of the study's own runs in the cells that they fill.

    Args:
        study: The study at its scale.
        root: Folder of all studies.
        given: Results files, and folders that are searched for them.

    Raises:
        DataError: If a given file cannot be used, two hold different numbers of one training, or
            the files of a column are of different images.
    """
    files = {path: read_results(path) for path in _files(given)}
    runs = _Runs(study, root)
    found: dict[Slot, Found] = {}
    used: set[str] = set()
    for slot in _slots(study):
        table = study.tables[slot.table]
        fitting = {
            source: result
            for source, result in files.items()
            if not why_not(result, study, table, slot.column, table.rows[slot.row])
        }
        used |= fitting.keys()
        own, expected = runs.fitting(table, slot)
        if fitting:
            found[slot] = Found(_trainings(fitting, table), expected, given=True)
        else:
            found[slot] = Found(own, expected)
    for id_, table in study.tables.items():
        for column in range(len(table.columns)):
            _check_images(
                table,
                [one for slot, one in found.items() if (slot.table, slot.column) == (id_, column)],
            )
    unfitting = [
        f"{shown_path(source, parts=2)} fills no cell: {_reason(result, study)}"
        for source, result in files.items()
        # Results of the input lie beside those of every method.
        if source not in used and result.method != RAINY_INPUT
    ]
    return Evidence(found, tuple(unfitting), tuple(runs.unreadable.values()))


def _slots(study: Study) -> Iterator[Slot]:
    for id_, table in study.tables.items():
        for column in range(len(table.columns)):
            for row in range(len(table.rows)):
                yield Slot(id_, column, row)


def _files(given: Sequence[str | Path]) -> list[str]:
    """Return given files, and the results files in given folders."""
    files: dict[str, None] = {}
    for place in given:
        path = Path(place)
        if not path.exists():
            raise DataError(f"--results {place}: there is no such file or folder.")
        if not path.is_dir():
            files[os.fspath(place)] = None
            continue
        inside = [one for one in sorted(path.rglob("*.json")) if _looks_like_results(one)]
        if not inside:
            raise DataError(
                f"--results {place}: the folder holds no results files; `restorekit test --out` "
                "and `restorekit evaluate --out` write them."
            )
        files |= dict.fromkeys(map(str, inside))
    return list(files)


def _looks_like_results(file: Path) -> bool:
    with file.open("rb") as stream:
        return b'"restorekit.results/' in stream.read(4096)


class _Runs:
    """The results of a study's own runs; each file is read once.

    Attributes:
        unreadable: The files that cannot be used.
    """

    def __init__(self, study: Study, root: Path) -> None:
        self._study, self._root = study, root
        self._read: dict[Path, Results | None] = {}
        self.unreadable: dict[Path, Unreadable] = {}

    def fitting(self, table: Table, slot: Slot) -> tuple[dict[str, Results], int]:
        """Return the results of a slot's run by file, and how many trainings it has."""
        run = table.rows[slot.row].run_of(slot.column)
        if run is None:
            return {}, 0
        jobs = jobs_of(self._study, self._root, runs=[run])
        found = {}
        for job in jobs:
            file = job.results(table.test_set(table.columns[slot.column]))
            if file not in self._read:
                self._read[file] = self._results(job, file)
            results = self._read[file]
            if results is not None and measured_by(results, table):
                found[str(file)] = results
        return found, len(jobs)

    def _results(self, job: Job, file: Path) -> Results | None:
        """Return the results in a file if it is there, can be used and is of the run."""
        if not file.exists():
            return None
        try:
            results = read_results(file)
        except DataError as error:
            self.unreadable[file] = Unreadable(job, str(error))
            return None
        return results if is_of(results, job) else None


def _trainings(fitting: Mapping[str, Results], table: Table) -> dict[str, Results]:
    """Return one file for each training, which its seed tells apart."""
    trainings: dict[int | None, tuple[str, Results]] = {}
    for source, result in fitting.items():
        other, known = trainings.setdefault(result.seed, (source, result))
        if _means(measured_by(known, table)) != _means(measured_by(result, table)):
            raise DataError(
                f"{other} and {source} have different numbers of {result.method!r} on "
                f"{result.dataset.name} for one cell of {table.id}, and no different seeds that "
                "tell them apart: leave one of them out."
            )
    return dict(trainings.values())


def _means(measured: Mapping[str, MeasuredQuantity]) -> dict[str, float]:
    return {name: one.mean for name, one in measured.items()}


def _check_images(table: Table, column: Sequence[Found]) -> None:
    """Refuse results on different images, or of different variants, in one column."""
    first: tuple[str, str, Results] | None = None
    for found in column:
        for source, result in found.results.items():
            variants = [one.variant or "" for one in measured_by(result, table).values()]
            kind = " ".join([result.dataset.fingerprint, *variants])
            if first is None:
                first = (kind, source, result)
            elif first[0] != kind:
                described = [
                    f"{where} ({', '.join(filter(None, [*variants, one.dataset.name]))}, "
                    f"{one.dataset.num_images} images)"
                    for where, one in (first[1:], (source, result))
                ]
                raise DataError(
                    f"{described[0]} and {described[1]} are results on different images or of "
                    f"different variants for one column of {table.id}: give one kind."
                )


def _reason(result: Results, study: Study) -> str:
    """Return the reason why a file fills no cell, of the cell that it comes closest to."""
    reasons = [
        why_not(
            result,
            study,
            study.tables[slot.table],
            slot.column,
            study.tables[slot.table].rows[slot.row],
        )
        for slot in _slots(study)
    ]
    closest = max(filter(None, reasons), key=lambda reason: reason.step, default=None)
    return "the study has no tables." if closest is None else closest.sentence

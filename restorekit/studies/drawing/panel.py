"""A table of a study on one test set: published and measured numbers of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from restorekit.catalog import Published, get_dataset, published_numbers
from restorekit.leaderboard.statistics import Comparison, compare_all
from restorekit.metrics.measures import find_measure

from ..records import FULL, OWN, Row, Study, Table
from .evidence import Evidence, Found, Slot
from .fitting import measured_by
from .measured import Measured, p_over_both
from .order import Order, OrderedRow, compare_orders


@dataclass(frozen=True)
class PanelRow:
    """A row.

    Attributes:
        row: The row of the study.
        published: Its published numbers; None without any.
        found: The results files that fill it.
        measured: What was measured, by measure; empty without results.
        against: Comparison with the panel's reference row, image by image over the means of
            trainings; None for that row itself, or where either was not measured.
        p_over_both: The p-value of that difference over images and trainings; None also where
            either row has a single training.
    """

    row: Row
    published: Published | None
    found: Found
    measured: Mapping[str, Measured]
    against: Comparison | None
    p_over_both: float | None


@dataclass(frozen=True)
class Panel:
    """A table on one test set.

    Attributes:
        study: The study at its scale.
        table: The table.
        column: Index of the column that is called after the test set.
        rows: The rows, in the table's order.
        reference: Index of the row that the paper calls best, or without published numbers of
            the best one here; None if there is none.
        comparable: Whether measured and published numbers are of the same images and networks.
        command: The command that fills empty cells.
    """

    study: Study
    table: Table
    column: int
    rows: tuple[PanelRow, ...]
    reference: int | None
    comparable: bool
    command: str

    @property
    def deciding(self) -> str:
        """The measure that decides the order."""
        return self.table.measures[0]

    @property
    def title(self) -> str:
        """The images in words: the test set, or where it may be any, that of the results."""
        column = self.table.columns[self.column]
        test_set = self.table.test_set(column)
        if test_set == OWN:
            return self.table.images or "images of the study's own"
        results = [one for row in self.rows for one in row.found.results.values()]
        if results and not self.table.is_comparable(column):
            dataset = results[0].dataset
            return f"{dataset.num_images} images of {dataset.name}"
        return get_dataset(test_set).title.partition(" (")[0]

    @property
    def where(self) -> str:
        """The test set as sentences name it: ``on Rain200H``, or ``here``."""
        is_own = self.table.test_set(self.table.columns[self.column]) == OWN
        return "here" if is_own else f"on {self.title}"

    @property
    def order(self) -> Order | None:
        """How the order here agrees with the published one; None for fewer than two rows."""
        rows = [
            OrderedRow(one.row.label, value, one.measured[self.deciding])
            for one in self.rows
            if one.published is not None
            and one.measured
            and (value := one.published.value(self.deciding)) is not None
        ]
        return compare_orders(rows)


def make_panel(
    study: Study, evidence: Evidence, table: Table, column: int, command: str = ""
) -> Panel:
    """Return a table on the test set of one of its columns.

    Args:
        study: The study at its scale.
        evidence: The results files that fill its cells.
        table: The table.
        column: Index of the column.
        command: The command that fills empty cells.
    """
    numbers = {
        number.method: number
        for number in published_numbers().table(table.published)
        if number.dataset == table.columns[column]
    }
    found = [evidence.found[Slot(table.id, column, index)] for index in range(len(table.rows))]
    measured = [_measured(one, table) for one in found]
    published = [numbers.get(row.published) for row in table.rows]
    reference = _reference(table.measures[0], published, measured)
    best = None if reference is None else measured[reference].get(table.measures[0])
    rows = []
    for index, (row, own) in enumerate(zip(table.rows, measured, strict=True)):
        against, p_value = None, None
        if best is not None and own and index != reference:
            first = own[table.measures[0]]
            against = compare_all([first.images, best.images]).get((0, 1))
            if len(first.trainings) > 1 and len(best.trainings) > 1:
                p_value = p_over_both(first, best)
        rows.append(PanelRow(row, published[index], found[index], own, against, p_value))
    comparable = table.is_comparable(table.columns[column]) and study.scale == FULL
    return Panel(study, table, column, tuple(rows), reference, comparable, command)


def _measured(found: Found, table: Table) -> dict[str, Measured]:
    trainings = [measured_by(result, table) for result in found.results.values()]
    if not trainings:
        return {}
    return {name: Measured(tuple(one[name] for one in trainings)) for name in table.measures}


def _reference(
    measure: str, published: list[Published | None], measured: list[dict[str, Measured]]
) -> int | None:
    """Return the index of the row that the paper calls best, or else of the best one here."""
    values = [None if one is None else one.value(measure) for one in published]
    if not any(value is not None for value in values):
        values = [one[measure].mean if one else None for one in measured]
    known = {index: value for index, value in enumerate(values) if value is not None}
    best = max if find_measure(measure).higher_is_better else min
    return best(known, key=known.__getitem__) if known else None

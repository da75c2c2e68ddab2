"""Whether a results file belongs into a cell: method, test set, protocol and way of testing."""

from __future__ import annotations

from dataclasses import dataclass

from restorekit.catalog import identify, published_numbers
from restorekit.errors import did_you_mean
from restorekit.evaluation.results import MeasuredQuantity, Results
from restorekit.leaderboard.board import test_set_of
from restorekit.leaderboard.ranking import by_criterion
from restorekit.leaderboard.test_modes import describe_tiles, is_comparable, published_mode
from restorekit.metrics.measures import find_measure

from ..records import FULL, OWN, Row, Study, Table


@dataclass(frozen=True)
class Reason:
    """Why a results file does not fill a cell.

    Attributes:
        step: How many conditions it meets.
        sentence: The reason in words.
    """

    step: int
    sentence: str


def measured_by(results: Results, table: Table) -> dict[str, MeasuredQuantity]:
    """Return what a table shows of results, by measure; empty if anything is missing."""
    found: dict[str, MeasuredQuantity] = {}
    for measure in table.measures:
        quantities = [one for one in results.measures.values() if one.measure == measure]
        under = [one for one in quantities if one.protocol == (table.protocol or None)]
        free = [one for one in quantities if one.protocol is None]
        if not (under or free):
            return {}
        found[measure] = (under or free)[0]
    return found


def why_not(results: Results, study: Study, table: Table, column: int, row: Row) -> Reason | None:
    """Return why results do not fill a cell, or None if they do."""
    names = {row.published.lower(), row.label.lower()}
    run = row.run_of(column)
    if run is not None and study.runs[run].label:
        names.add(study.runs[run].label.lower())
    if results.method.lower() not in names:
        rows = [one.published for table in study.tables.values() for one in table.rows]
        return Reason(
            0,
            f"no row is of the method {results.method!r}.{did_you_mean(results.method, rows)} "
            f"There is {', '.join(dict.fromkeys(rows))}.",
        )
    if not any(one.measure == table.measures[0] for one in results.measures.values()):
        return Reason(1, _other_measures(results, table))
    name = table.columns[column]
    problem = _other_test_set(results, study, table, name)
    if problem:
        return Reason(2, problem)
    if not measured_by(results, table):
        return Reason(3, _other_measures(results, table))
    mode = published_mode(row.published)
    if table.is_comparable(name) and not is_comparable(results, mode):
        wanted = "whole images" if mode is None else describe_tiles(mode)
        return Reason(4, f"it is of other tiles, and the published numbers are of {wanted}.")
    return None


def _other_test_set(results: Results, study: Study, table: Table, column: str) -> str:
    """Say why results are not on the test set of a column; empty if they are."""
    test_set, record = table.test_set(column), results.dataset
    if test_set == OWN:
        scale = "" if study.scale == FULL else f" at the scale {study.scale}"
        return f"its rows are measured on images of the study's own{scale}, by its runs alone."
    if table.is_comparable(column):
        known, sentence = test_set_of(published_numbers(), record)
        if known is not None and known.id != test_set:
            sentence = f"it is of {known.id}, and its rows are of {_listed(table)}."
        return sentence
    # Where published numbers are for other images, a measure that needs no clean images may be
    # of any photographs: the table names them. Images with clean ones are no such photographs.
    if not any(find_measure(one).needs_gt for one in table.measures):
        if any(one.protocol is not None for one in results.measures.values()):
            return f"{called(table)} is of images without ground truth, and {record.name} has one."
        return ""
    identity = identify(record.fingerprint)
    name = f"{record.name}-{record.version}" if record.version else record.name
    own = name.lower() if identity is None else identity.dataset.id
    return "" if own == test_set else f"it is of {own}, and its rows are of {_listed(table)}."


def _listed(table: Table) -> str:
    return ", ".join(map(table.test_set, table.columns))


def _other_measures(results: Results, table: Table) -> str:
    wanted = " and ".join(find_measure(one).label for one in table.measures)
    has = ", ".join(by_criterion(results)) or "nothing"
    if not table.protocol:
        return f"it has {has}, and {called(table)} is of {wanted}."
    return (
        f"{called(table)} is of {wanted} under the protocol {table.protocol}, and it has {has}: "
        f"test or evaluate again with `--protocol {table.protocol}`."
    )


def called(table: Table) -> str:
    """Return the table's number in the paper, or its id."""
    return table.number or table.id

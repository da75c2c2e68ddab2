"""Ranking methods against each other: on the same images, under the same protocol.

What methods are ranked by is a criterion: a protocol with all measures taken under it, or a
measure without a protocol in one variant, as in ``niqe (matlab_gray)``. What a measure is (its
label, unit, digits, direction) is what the results files say of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from restorekit.errors import DataError, did_you_mean
from restorekit.evaluation.results import RAINY_INPUT, DatasetRecord, MeasuredQuantity, Results

#: Settings of a run that do not change its numbers.
_INCIDENTAL = {"processes", "threads"}


@dataclass(frozen=True)
class Entry:
    """A method in a ranking.

    Attributes:
        rank: Position among the methods, from 1; equal numbers share one. The rainy input is
            not a method and has none.
        method: Its name, different from those of other checkpoints.
        measured: Measure to what was measured; may lack measures that do not decide the order.
        results: The results file's content.
        source: The results file.
    """

    rank: int | None
    method: str
    measured: Mapping[str, MeasuredQuantity]
    results: Results
    source: str

    def mean(self, measure: str) -> float:
        return self.measured[measure].mean


@dataclass(frozen=True)
class Ranking:
    """Methods on one test set by one criterion, the best first.

    Attributes:
        criterion: Name of the protocol, or measure and variant where there is none.
        measures: What was measured, as the first file that has it describes it. The first one
            decides the order, the next where that is equal, as far as all methods have them.
        dataset: The test set.
        entries: The methods, and the rainy input where it was measured.
    """

    criterion: str
    measures: tuple[MeasuredQuantity, ...]
    dataset: DatasetRecord
    entries: tuple[Entry, ...]

    @property
    def condition(self) -> str:
        """The protocol, or the variant of the measure; may be empty."""
        return self.measures[0].protocol or self.measures[0].variant or ""

    def gain(self, entry: Entry) -> float | None:
        """Return the difference to the rainy input, if that was measured."""
        first = self.measures[0].measure
        for other in self.entries:
            if other.rank is None and entry.rank is not None:
                return entry.mean(first) - other.mean(first)
        return None


def rank_all(results: Mapping[str, Results], criteria: tuple[str, ...] = ()) -> list[Ranking]:
    """Rank results on any number of test sets, each test set and criterion by itself.

    Args:
        results: Results by the file they are from.
        criteria: What to rank by: protocols, or measures without one such as ``niqe`` (all
            variants) or ``niqe/matlab_gray``; empty for all that the results on a test set share.

    Raises:
        DataError: If results on one test set cannot be compared (see :func:`rank`), or two
            test sets of one name hold different images.
    """
    datasets: dict[str, dict[str, Results]] = {}
    for source, result in results.items():
        datasets.setdefault(result.dataset.fingerprint, {})[source] = result
    _check_names(datasets.values())
    return [
        rank(members, criterion)
        for members in datasets.values()
        for criterion in (_spell_out(criteria, members) if criteria else _shared(members))
    ]


def rank(results: Mapping[str, Results], criterion: str) -> Ranking:
    """Rank results by ``criterion``.

    A result that is given twice, as the rainy input often is, counts once.

    Args:
        results: Results by the file they are from; at least one.
        criterion: A key of :func:`by_criterion`.

    Raises:
        DataError: If the test sets differ, a result was not measured by ``criterion``, results
            share no measure or disagree about one, or two results of one method, checkpoint and
            settings differ.
    """
    first_source, first = next(iter(results.items()))
    distinct: dict[tuple[str, ...], Entry] = {}
    for source, result in results.items():
        if result.dataset.fingerprint != first.dataset.fingerprint:
            raise _different_images((first_source, first), (source, result))
        available = by_criterion(result)
        if criterion not in available:
            suggestions = [*available, *_names(result)]
            raise DataError(
                f"{source} has no numbers under {criterion!r}, only under "
                f"{', '.join(available) or 'none'}.{did_you_mean(criterion, suggestions)} "
                "Protocols are not mixed in one ranking: test again under "
                f"{criterion}, or leave the file out."
            )
        entry = Entry(None, result.method, available[criterion], result, source)
        known = distinct.setdefault(_identity(result), entry)
        # Another number of threads adds in another order.
        if not all(
            math.isclose(known.mean(name), entry.mean(name), rel_tol=1e-6)
            for name in known.measured.keys() & entry.measured
        ):
            raise DataError(
                f"{known.source} and {source} hold different numbers of the same method "
                f"{result.method!r}: change 'method' in one of them, or leave one out."
            )
        measured = {**known.measured, **entry.measured}
        distinct[_identity(result)] = replace(known, measured=measured)
    entries = list(distinct.values())
    measures, deciding = _measures(entries)
    return Ranking(criterion, measures, first.dataset, _ranked(entries, deciding))


def by_criterion(results: Results) -> dict[str, dict[str, MeasuredQuantity]]:
    """Return what results can be ranked by: criterion to measure to what was measured."""
    found: dict[str, dict[str, MeasuredQuantity]] = {}
    for quantity in results.measures.values():
        found.setdefault(_criterion(quantity), {})[quantity.measure] = quantity
    return found


def _criterion(quantity: MeasuredQuantity) -> str:
    if quantity.protocol is not None:
        return quantity.protocol
    return f"{quantity.measure} ({quantity.variant})" if quantity.variant else quantity.measure


def _identity(results: Results) -> tuple[str, ...]:
    """Return what makes two results two rows of a table."""
    if results.method == RAINY_INPUT:
        return (RAINY_INPUT,)
    settings = {key: one for key, one in results.settings.items() if key not in _INCIDENTAL}
    return (
        results.method,
        _checkpoint(results),
        json.dumps(settings, sort_keys=True, default=str),
    )


def _checkpoint(results: Results) -> str:
    return "" if results.checkpoint is None else results.checkpoint.sha256


def _measures(entries: Sequence[Entry]) -> tuple[tuple[MeasuredQuantity, ...], list[str]]:
    """Return what was measured, and the names of the measures that all have; these come first."""
    found: dict[str, tuple[str, MeasuredQuantity]] = {}
    for entry in entries:
        for name, quantity in entry.measured.items():
            source, known = found.setdefault(name, (entry.source, quantity))
            if known.higher_is_better != quantity.higher_is_better:
                raise DataError(
                    f"{source} and {entry.source} disagree whether a higher {quantity.label} is "
                    f"better (measures.{quantity.key}.higher_is_better): correct one of them."
                )
    shared = [name for name in found if all(name in entry.measured for entry in entries)]
    if not shared:
        described = "; ".join(f"{entry.source}: {', '.join(entry.measured)}" for entry in entries)
        raise DataError(f"These results share no measure to rank them by ({described}).")
    return tuple(found[name][1] for name in dict.fromkeys([*shared, *found])), shared


def _ranked(entries: Sequence[Entry], deciding: Sequence[str]) -> tuple[Entry, ...]:
    """Sort entries, and give them their ranks and different names."""
    checkpoints: dict[str, set[str]] = {}
    for entry in entries:
        checkpoints.setdefault(entry.method, set()).add(_checkpoint(entry.results))

    def name(entry: Entry) -> str:
        if len(checkpoints[entry.method]) == 1:
            return entry.method
        return f"{entry.method} ({_checkpoint(entry.results)[:8] or 'no checkpoint'})"

    def loss(entry: Entry) -> list[float]:
        return [-entry.measured[one].sign * entry.mean(one) for one in deciding]

    entries = sorted(entries, key=lambda entry: (loss(entry), name(entry)))
    losses = [loss(entry) for entry in entries if entry.method != RAINY_INPUT]
    return tuple(
        replace(
            entry,
            rank=None if entry.method == RAINY_INPUT else losses.index(loss(entry)) + 1,
            method=name(entry),
        )
        for entry in entries
    )


def _check_names(datasets: Iterable[Mapping[str, Results]]) -> None:
    """Refuse two test sets of one name: a reader would take them for the same."""
    named: dict[tuple[str, str], tuple[str, Results]] = {}
    for members in datasets:
        own: dict[tuple[str, str], tuple[str, Results]] = {}
        for source, result in members.items():
            name = (result.dataset.name, result.dataset.version or "")
            if name in named:
                raise _different_images(named[name], (source, result))
            own.setdefault(name, (source, result))
        named |= own


def _different_images(first: tuple[str, Results], second: tuple[str, Results]) -> DataError:
    described = [
        f"{source} ({result.dataset.name}, {result.dataset.num_images} images, "
        f"fingerprint {result.dataset.fingerprint[:12]})"
        for source, result in (first, second)
    ]
    return DataError(
        f"{described[0]} and {described[1]} are results on different images, which are not mixed "
        "in one ranking: test both on the same copy of the test set, or rank them in two calls."
    )


def _names(results: Results) -> dict[str, list[str]]:
    """Return other names of criteria: the names and keys of measures without a protocol."""
    names: dict[str, list[str]] = {}
    for quantity in results.measures.values():
        if quantity.protocol is None:
            for name in dict.fromkeys((quantity.measure, quantity.key)):
                names.setdefault(name, []).append(_criterion(quantity))
    return names


def _spell_out(criteria: Iterable[str], members: Mapping[str, Results]) -> list[str]:
    """Replace names and keys of measures without a protocol by their criteria."""
    known: dict[str, list[str]] = {}
    for results in members.values():
        for name, found in _names(results).items():
            known.setdefault(name, []).extend(found)
    return list(dict.fromkeys(one for name in criteria for one in known.get(name, [name])))


def _shared(members: Mapping[str, Results]) -> tuple[str, ...]:
    """Return the criteria that all results on one test set have, in the first one's order."""
    measured = {source: tuple(by_criterion(result)) for source, result in members.items()}
    shared = tuple(
        name
        for name in next(iter(measured.values()))
        if all(name in names for names in measured.values())
    )
    if not shared:
        described = "; ".join(
            f"{source}: {', '.join(names) or 'none'}" for source, names in measured.items()
        )
        raise DataError(
            "These results share no protocol, and protocols are not mixed in one ranking "
            f"({described}): test again with the same --protocol, or rank them in two calls."
        )
    return shared

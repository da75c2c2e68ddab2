"""Rank methods against each other, on the same images and by the same criterion.

A criterion is a protocol with all measures taken under it, or a measure without a protocol in
one variant, such as ``niqe (matlab_gray)``. A measure's label, unit, digits and direction are
read from the results files.
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
        rank: Position among the methods, from 1; equal numbers share a rank. The rainy input is
            not a method and has none.
        method: Name of the method, unique in the ranking for each checkpoint.
        measured: Measured quantities by measure; those that do not decide the order may be
            missing.
        results: Content of the results file.
        source: Path of the results file.
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
        criterion: Name of the protocol, or a measure without one and its variant.
        measures: The measured quantities, each from the first file that has it. The first one
            decides the order, and the next ones break ties if all methods have them.
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
        """Return the difference from the rainy input in the deciding measure, if measured."""
        first = self.measures[0].measure
        for other in self.entries:
            if other.rank is None and entry.rank is not None:
                return entry.mean(first) - other.mean(first)
        return None


def rank_all(results: Mapping[str, Results], criteria: tuple[str, ...] = ()) -> list[Ranking]:
    """Rank results on any number of test sets, separately for each test set and criterion.

    Args:
        results: Results by their file.
        criteria: Protocols, or measures without one such as ``niqe`` (all variants) or
            ``niqe/matlab_gray``; if empty, all that the results on a test set have in common.

    Raises:
        DataError: If results on one test set cannot be compared (see :func:`rank`), or two
            test sets with the same name have different images.
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
        results: Results by their file; at least one.
        criterion: A key of :func:`by_criterion`.

    Raises:
        DataError: If the test sets differ, a result lacks the criterion, the results have no
            measure in common or disagree about its direction, or two results of one method,
            checkpoint and settings have different numbers.
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
        # With another number of threads, sums are taken in another order.
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
    """Return the measured quantities by criterion and by name of the measure."""
    found: dict[str, dict[str, MeasuredQuantity]] = {}
    for quantity in results.measures.values():
        found.setdefault(_criterion(quantity), {})[quantity.measure] = quantity
    return found


def _criterion(quantity: MeasuredQuantity) -> str:
    if quantity.protocol is not None:
        return quantity.protocol
    return f"{quantity.measure} ({quantity.variant})" if quantity.variant else quantity.measure


def _identity(results: Results) -> tuple[str, ...]:
    """Return the identity of results: each one has its own row."""
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
    """Return the quantities, shared ones first, and the names of those that all entries have."""
    found: dict[str, tuple[str, MeasuredQuantity]] = {}
    for entry in entries:
        for name, quantity in entry.measured.items():
            source, known = found.setdefault(name, (entry.source, quantity))
            if known.higher_is_better != quantity.higher_is_better:
                raise DataError(
                    f"{source} and {entry.source} disagree on whether a higher {quantity.label} is "
                    f"better (measures.{quantity.key}.higher_is_better): correct one of them."
                )
    shared = [name for name in found if all(name in entry.measured for entry in entries)]
    if not shared:
        described = "; ".join(f"{entry.source}: {', '.join(entry.measured)}" for entry in entries)
        raise DataError(f"These results share no measure to rank them by ({described}).")
    return tuple(found[name][1] for name in dict.fromkeys([*shared, *found])), shared


def _ranked(entries: Sequence[Entry], deciding: Sequence[str]) -> tuple[Entry, ...]:
    """Sort entries, and give them ranks and unique names."""
    checkpoints: dict[str, set[str]] = {}
    for entry in entries:
        checkpoints.setdefault(entry.method, set()).add(_checkpoint(entry.results))

    def name(entry: Entry) -> str:
        if len(checkpoints[entry.method]) == 1:
            return entry.method
        return f"{entry.method} ({_checkpoint(entry.results)[:8] or 'no checkpoint'})"

    def sort_key(entry: Entry) -> list[float]:
        return [-entry.measured[one].sign * entry.mean(one) for one in deciding]

    entries = sorted(entries, key=lambda entry: (sort_key(entry), name(entry)))
    keys = [sort_key(entry) for entry in entries if entry.method != RAINY_INPUT]
    return tuple(
        replace(
            entry,
            rank=None if entry.method == RAINY_INPUT else keys.index(sort_key(entry)) + 1,
            method=name(entry),
        )
        for entry in entries
    )


def _check_names(datasets: Iterable[Mapping[str, Results]]) -> None:
    """Refuse two test sets with the same name, which a reader would confuse."""
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
    """Return the short names of criteria, for measures without a protocol.

    Both the name of such a measure (``niqe``) and its key (``niqe/matlab_gray``) are accepted.
    """
    names: dict[str, list[str]] = {}
    for quantity in results.measures.values():
        if quantity.protocol is None:
            for name in dict.fromkeys((quantity.measure, quantity.key)):
                names.setdefault(name, []).append(_criterion(quantity))
    return names


def _spell_out(criteria: Iterable[str], members: Mapping[str, Results]) -> list[str]:
    """Replace short names of criteria by the criteria."""
    known: dict[str, list[str]] = {}
    for results in members.values():
        for name, found in _names(results).items():
            known.setdefault(name, []).extend(found)
    return list(dict.fromkeys(one for name in criteria for one in known.get(name, [name])))


def _shared(members: Mapping[str, Results]) -> tuple[str, ...]:
    """Return the criteria that all results on a test set have, in the first one's order."""
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

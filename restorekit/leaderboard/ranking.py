"""Ranking methods against each other, only ever on the same images by the same protocol.

Measures that need no ground truth are ranked too; their variant is what the protocol is for
the others, as in ``niqe (official parameters)``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from restorekit.errors import DataError, did_you_mean
from restorekit.evaluation.results import RAINY_INPUT, DatasetRecord, MeasuredQuantity, Results

from .measures import MEASURES


@dataclass(frozen=True)
class Entry:
    """One line of a ranking.

    Attributes:
        rank: Counts methods from 1; equal numbers share a rank, and the rainy input, which
            is no method, has none.
        method: Its name, told apart from others of the same name.
        measured: Measure to its mean and the values of the images.
        results: The results file's content.
        source: The results file.
    """

    rank: int | None
    method: str
    measured: Mapping[str, MeasuredQuantity]
    results: Results
    source: str

    def mean(self, measure: str) -> float:
        """Return the mean of a measure over the test set."""
        return self.measured[measure].mean


@dataclass(frozen=True)
class Ranking:
    """Methods on one test set by one protocol, the best first.

    Attributes:
        protocol: Name of the protocol, or measure and variant where none applies.
        measures: By what they are ranked: the first decides, the next where that is equal.
        dataset: The test set.
        entries: The methods, and the rainy input where it was measured.
    """

    protocol: str
    measures: tuple[str, ...]
    dataset: DatasetRecord
    entries: tuple[Entry, ...]

    def gain(self, entry: Entry) -> float | None:
        """Return by how much ``entry`` is above the rainy input, if that is there."""
        for other in self.entries:
            if other.rank is None and entry.rank is not None:
                return entry.mean(self.measures[0]) - other.mean(self.measures[0])
        return None


def rank_all(results: Mapping[str, Results], protocols: tuple[str, ...] = ()) -> list[Ranking]:
    """Rank results on any number of test sets: one ranking a test set and protocol.

    Args:
        results: Each with the file it came from.
        protocols: By which to rank; empty for all that the results of a test set share. A
            measure such as ``niqe`` stands for all variants of it.

    Raises:
        DataError: If results on one test set cannot be compared (see :func:`rank`), or two
            test sets of one name hold different images.
    """
    datasets: dict[str, dict[str, Results]] = {}
    for source, result in results.items():
        datasets.setdefault(result.dataset.fingerprint, {})[source] = result
    _check_names(datasets.values())
    return [
        rank(members, protocol)
        for members in datasets.values()
        for protocol in (_spell_out(protocols, members) if protocols else _shared(members))
    ]


def rank(results: Mapping[str, Results], protocol: str) -> Ranking:
    """Rank results by ``protocol``: by PSNR, then SSIM; by NIQE, the lowest first.

    A result that is given twice (the rainy input stands beside each method's) counts once.

    Args:
        results: Each with the file it came from; at least one.
        protocol: Name of the protocol whose numbers are compared.

    Raises:
        DataError: If the test sets differ, a result was not measured by ``protocol``, or two
            results of one method, checkpoint and settings differ.
    """
    first_source, first = next(iter(results.items()))
    distinct: dict[tuple[str, ...], tuple[str, Results]] = {}
    for source, result in results.items():
        if result.dataset.fingerprint != first.dataset.fingerprint:
            raise _different_images((first_source, first), (source, result))
        measured = criteria(result)
        if protocol not in measured:
            raise DataError(
                f"{source} has no numbers by the protocol {protocol!r}, only by "
                f"{', '.join(measured) or 'none'}.{did_you_mean(protocol, measured)} Protocols "
                "are not mixed in one ranking: test again with `--protocol "
                f"{protocol}`, or leave the file out."
            )
        other_source, other = distinct.setdefault(_identity(result), (source, result))
        if _means(other, protocol) != _means(result, protocol):
            raise DataError(
                f"{other_source} and {source} hold different numbers of the same method "
                f"{result.method!r}: change 'method' in one of them, or leave one out."
            )
    measures = tuple(criteria(first)[protocol])
    entries = _entries(list(distinct.values()), protocol, measures)
    return Ranking(protocol, measures, first.dataset, entries)


def criteria(result: Results) -> dict[str, dict[str, MeasuredQuantity]]:
    """Return what results can be ranked by: protocol, or measure and variant, to measures."""
    ranked_by: dict[str, dict[str, MeasuredQuantity]] = {}
    for quantity in result.measures.values():
        name = quantity.measure
        variant = f"{name} ({quantity.variant})" if quantity.variant else name
        if name in MEASURES:
            ranked_by.setdefault(quantity.protocol or variant, {})[name] = quantity
    return ranked_by


def _identity(result: Results) -> tuple[str, ...]:
    """Return what makes two results two lines of a table."""
    if result.method == RAINY_INPUT:
        return (RAINY_INPUT,)
    settings = json.dumps(result.settings, sort_keys=True, default=str)
    return (result.method, _checkpoint(result), settings)


def _checkpoint(result: Results) -> str:
    return result.checkpoint.sha256 if result.checkpoint else ""


def _means(result: Results, protocol: str) -> list[float]:
    return [measure.mean for measure in criteria(result)[protocol].values()]


def _entries(
    results: Sequence[tuple[str, Results]], protocol: str, measures: tuple[str, ...]
) -> tuple[Entry, ...]:
    checkpoints: dict[str, set[str]] = {}
    for _, result in results:
        checkpoints.setdefault(result.method, set()).add(_checkpoint(result))
    rows = []
    for source, result in results:
        name = result.method
        if len(checkpoints[name]) > 1:
            name = f"{name} ({_checkpoint(result)[:8] or 'no checkpoint'})"
        measured = criteria(result)[protocol]
        merit = tuple(MEASURES[key].sign * measured[key].mean for key in measures)
        rows.append((merit, name, measured, result, source))
    rows.sort(key=lambda row: ([-value for value in row[0]], row[1]))
    merits = [row[0] for row in rows if row[3].method != RAINY_INPUT]
    return tuple(
        Entry(
            None if result.method == RAINY_INPUT else merits.index(merit) + 1,
            name,
            measured,
            result,
            source,
        )
        for merit, name, measured, result, source in rows
    )


def _check_names(datasets: Iterable[Mapping[str, Results]]) -> None:
    """Refuse two test sets that go by one name: a reader would take them for one."""
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


def _spell_out(protocols: Iterable[str], members: Mapping[str, Results]) -> list[str]:
    """Replace a measure without protocols, as ``niqe``, by the variants that results have."""
    measured = list(dict.fromkeys(name for result in members.values() for name in criteria(result)))
    chosen: list[str] = []
    for name in protocols:
        chosen += [one for one in measured if one.startswith(f"{name} (")] or [name]
    return chosen


def _shared(members: Mapping[str, Results]) -> tuple[str, ...]:
    """Return the protocols that all results on one test set have, in the first one's order."""
    measured = {source: tuple(criteria(result)) for source, result in members.items()}
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

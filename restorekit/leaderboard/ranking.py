"""Ranking methods against each other, only ever on the same images by the same protocol."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from restorekit.errors import DataError, did_you_mean

from .results import RAINY_INPUT, DatasetRecord, Results


@dataclass(frozen=True)
class Entry:
    """One line of a ranking: a method with its mean PSNR (dB) and SSIM.

    ``rank`` counts methods from 1; equal numbers share a rank, and the rainy input, which
    is no method, has none.
    """

    rank: int | None
    method: str
    psnr: float
    ssim: float
    results: Results


@dataclass(frozen=True)
class Ranking:
    """Methods on one test set by one protocol, the best first."""

    protocol: str
    dataset: DatasetRecord
    entries: tuple[Entry, ...]

    def gain(self, entry: Entry) -> float | None:
        """Return by how many dB ``entry`` is above the rainy input, if that is there."""
        for other in self.entries:
            if other.rank is None and entry.rank is not None:
                return entry.psnr - other.psnr
        return None


def rank_all(results: Mapping[str, Results], protocols: tuple[str, ...] = ()) -> list[Ranking]:
    """Rank results on any number of test sets: one ranking a test set and protocol.

    Args:
        results: Each with the file it came from.
        protocols: By which to rank; empty for all that the results of a test set share.

    Raises:
        DataError: If results on one test set cannot be compared (see :func:`rank`), or two
            test sets of one name hold different images.
    """
    datasets: dict[str, dict[str, Results]] = {}
    for source, result in results.items():
        datasets.setdefault(result["dataset"]["fingerprint"], {})[source] = result
    _check_names(datasets.values())
    return [
        rank(members, protocol)
        for members in datasets.values()
        for protocol in protocols or _shared_protocols(members)
    ]


def rank(results: Mapping[str, Results], protocol: str) -> Ranking:
    """Rank results by ``protocol``: by PSNR, then SSIM, the highest first.

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
        if result["dataset"]["fingerprint"] != first["dataset"]["fingerprint"]:
            raise _different_images((first_source, first), (source, result))
        measures = result.get("protocols", {})
        if protocol not in measures:
            raise DataError(
                f"{source} has no numbers by the protocol {protocol!r}, only by "
                f"{', '.join(measures) or 'none'}.{did_you_mean(protocol, measures)} Protocols "
                "are not mixed in one ranking: test again with `--protocol "
                f"{protocol}`, or leave the file out."
            )
        other_source, other = distinct.setdefault(_identity(result), (source, result))
        if _means(other, protocol) != _means(result, protocol):
            raise DataError(
                f"{other_source} and {source} hold different numbers of the same method "
                f"{result['method']!r}: change 'method' in one of them, or leave one out."
            )
    entries = _entries([result for _, result in distinct.values()], protocol)
    return Ranking(protocol, first["dataset"], entries)


def _identity(result: Results) -> tuple[str, ...]:
    """Return what makes two results two lines of a table."""
    if result["method"] == RAINY_INPUT:
        return (RAINY_INPUT,)
    settings = json.dumps(result.get("settings", {}), sort_keys=True, default=str)
    return (result["method"], _checkpoint(result), settings)


def _checkpoint(result: Results) -> str:
    return result["checkpoint"]["sha256"] if "checkpoint" in result else ""


def _means(result: Results, protocol: str) -> tuple[float, float]:
    measures = result["protocols"][protocol]
    return measures["psnr"]["mean"], measures["ssim"]["mean"]


def _entries(results: Sequence[Results], protocol: str) -> tuple[Entry, ...]:
    checkpoints: dict[str, set[str]] = {}
    for result in results:
        checkpoints.setdefault(result["method"], set()).add(_checkpoint(result))
    rows = []
    for result in results:
        name = result["method"]
        if len(checkpoints[name]) > 1:
            name = f"{name} ({_checkpoint(result)[:8] or 'no checkpoint'})"
        rows.append((*_means(result, protocol), name, result))
    rows.sort(key=lambda row: (-row[0], -row[1], row[2]))
    methods = [row[:2] for row in rows if row[3]["method"] != RAINY_INPUT]
    entries = []
    for psnr, ssim, name, result in rows:
        unranked = result["method"] == RAINY_INPUT
        place = None if unranked else methods.index((psnr, ssim)) + 1
        entries.append(Entry(place, name, psnr, ssim, result))
    return tuple(entries)


def _check_names(datasets: Iterable[Mapping[str, Results]]) -> None:
    """Refuse two test sets that go by one name: a reader would take them for one."""
    named: dict[tuple[str, str], tuple[str, Results]] = {}
    for members in datasets:
        own: dict[tuple[str, str], tuple[str, Results]] = {}
        for source, result in members.items():
            name = (result["dataset"]["name"], result["dataset"].get("version", ""))
            if name in named:
                raise _different_images(named[name], (source, result))
            own.setdefault(name, (source, result))
        named |= own


def _different_images(first: tuple[str, Results], second: tuple[str, Results]) -> DataError:
    described = [
        f"{source} ({result['dataset']['name']}, {result['dataset']['num_images']} images, "
        f"fingerprint {result['dataset']['fingerprint'][:12]})"
        for source, result in (first, second)
    ]
    return DataError(
        f"{described[0]} and {described[1]} are results on different images, which are not mixed "
        "in one ranking: test both on the same copy of the test set, or rank them in two calls."
    )


def _shared_protocols(members: Mapping[str, Results]) -> tuple[str, ...]:
    """Return the protocols that all results on one test set have, in the first one's order."""
    measured = {source: tuple(result.get("protocols", ())) for source, result in members.items()}
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

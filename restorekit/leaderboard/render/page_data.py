"""What the script of a page reads: every number in full, and the pictures."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from restorekit.catalog import Published
from restorekit.datasets.readers.listing import natural_key

from ..board import Board, Line, compare_entries
from ..measures import MEASURES
from ..ranking import Entry
from .columns import heading, run_with
from .pictures import GROUND_TRUTH, Pictures


def page_data(boards: Sequence[Board], pictures: Mapping[str, Pictures]) -> dict[str, Any]:
    """Return the data of a page of rankings.

    Paths of results files are not in it: methods go by keys made here.
    """
    prints = list(dict.fromkeys(board.ranking.dataset.fingerprint for board in boards))
    sources = list(dict.fromkeys(line.entry.source for board in boards for line in board.lines))
    keys = {source: f"r{number}" for number, source in enumerate(sources)}
    keys[GROUND_TRUTH] = GROUND_TRUTH
    return {
        "measures": {
            name: {
                "label": info.label,
                "title": info.title,
                "unit": info.unit,
                "digits": info.digits,
                "higher": info.higher_is_better,
            }
            for name, info in MEASURES.items()
        },
        "datasets": [
            {
                "title": _dataset_title(boards, fingerprint),
                "pictures": _pictures(pictures.get(fingerprint, Pictures()), keys),
            }
            for fingerprint in prints
        ],
        "boards": [
            _board(board, prints.index(board.ranking.dataset.fingerprint), keys) for board in boards
        ],
    }


def _dataset_title(boards: Sequence[Board], fingerprint: str) -> str:
    own = next(b.ranking for b in boards if b.ranking.dataset.fingerprint == fingerprint)
    version = own.dataset.version
    return f"{own.dataset.name} ({version})" if version else own.dataset.name


def _pictures(pictures: Pictures, keys: Mapping[str, str]) -> dict[str, Any]:
    return {
        "names": list(pictures.names),
        "uris": {
            name: {keys[source]: uri for source, uri in uris.items()}
            for name, uris in pictures.uris.items()
        },
    }


def _board(board: Board, dataset: int, keys: Mapping[str, str]) -> dict[str, Any]:
    ranking = board.ranking
    entries = ranking.entries
    names = {name for e in entries for m in e.measured.values() for name in m.images}
    images = sorted(names, key=natural_key)
    labels = _labels(entries)
    return {
        "dataset": dataset,
        "title": heading(ranking),
        "protocol": ranking.protocol,
        "measures": list(ranking.measures),
        "images": images,
        "methods": [
            _method(line, label, images, keys)
            for line, label in zip(board.lines, labels, strict=True)
        ],
        "published": [_published(number) for number in board.elsewhere],
        "pairs": {measure: _pairs(entries, measure) for measure in ranking.measures},
    }


def _labels(entries: Sequence[Entry]) -> list[str]:
    """Return a name for each method by which a reader tells it from all others."""
    names = [entry.method for entry in entries]
    labels: list[str] = []
    for entry in entries:
        label = entry.method
        if names.count(label) > 1:
            label = f"{label} ({run_with(entry)})"
        while label in labels:
            label += "′"
        labels.append(label)
    return labels


def _method(line: Line, label: str, images: list[str], keys: Mapping[str, str]) -> dict[str, Any]:
    entry = line.entry
    return {
        "key": keys[entry.source],
        "label": label,
        "ranked": entry.rank is not None,
        "means": {name: measure.mean for name, measure in entry.measured.items()},
        "intervals": dict(line.intervals),
        "values": {
            name: [measure.images.get(image) for image in images]
            for name, measure in entry.measured.items()
        },
        "cost": msgspec.to_builtins(entry.results.cost),
        "device": entry.results.settings.get("device", "a device that is not stated"),
    }


def _published(number: Published) -> dict[str, Any]:
    cost = {}
    if "parameters" in number.cost:
        cost["parameters"] = number.cost["parameters"]
    if "gmacs_at_256" in number.cost:
        cost["macs_per_pixel"] = number.cost["gmacs_at_256"] * 1e9 / 256**2
    means = {name: float(text) for name, text in number.printed.items()}
    return {"label": number.method, "means": means, "cost": cost}


def _pairs(entries: Sequence[Entry], measure: str) -> list[dict[str, Any]]:
    pairs = []
    for (i, first), (j, second) in itertools.combinations(enumerate(entries), 2):
        compared = compare_entries(first, second, measure)
        if compared is not None:
            pairs.append(
                {
                    "i": i,
                    "j": j,
                    "difference": compared.difference,
                    "interval": compared.interval,
                    "p": compared.p_value,
                    "firstHigher": compared.first_higher,
                    "secondHigher": compared.second_higher,
                }
            )
    return pairs

"""The data that the page's script reads: means, values of single images, and pictures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from restorekit.catalog import Published
from restorekit.datasets.readers.listing import natural_key

from ..board import Board, Row
from ..ranking import Entry
from .pictures import GROUND_TRUTH, Pictures
from .sections import COSTS, Section, dataset_title, run_with

#: Images of a test set whose own values are in a page; of more, it holds a sample. Means,
#: intervals and comparisons are always of all images.
MAX_IMAGES = 1000


def page_data(sections: Sequence[Section], pictures: Mapping[str, Pictures]) -> dict[str, Any]:
    """Return the data of a page of rankings.

    It does not contain the paths of results files: methods are identified by keys made here.
    """
    boards = [section.board for section in sections]
    datasets = [board.ranking.dataset for board in boards]
    titles = {one.fingerprint: dataset_title(one) for one in reversed(datasets)}
    fingerprints = list(dict.fromkeys(one.fingerprint for one in datasets))
    sources = list(dict.fromkeys(row.entry.source for board in boards for row in board.rows))
    keys = {source: f"r{number}" for number, source in enumerate(sources)}
    keys[GROUND_TRUTH] = GROUND_TRUTH
    return {
        "datasets": [
            {
                "title": titles[fingerprint],
                "pictures": _pictures(pictures.get(fingerprint, Pictures()), keys),
            }
            for fingerprint in fingerprints
        ],
        "boards": [
            _board(
                section,
                fingerprints.index(dataset.fingerprint),
                keys,
                pictures.get(dataset.fingerprint, Pictures()).names,
            )
            for section, dataset in zip(sections, datasets, strict=True)
        ],
    }


def _pictures(pictures: Pictures, keys: Mapping[str, str]) -> dict[str, Any]:
    return {
        "names": list(pictures.names),
        "uris": {
            name: {keys[source]: uri for source, uri in uris.items()}
            for name, uris in pictures.uris.items()
        },
        "sizes": dict(pictures.sizes),
        "parts": dict(pictures.parts),
    }


def _board(
    section: Section, dataset: int, keys: Mapping[str, str], shown: Collection[str]
) -> dict[str, Any]:
    board = section.board
    ranking = board.ranking
    entries = ranking.entries
    names = {name for e in entries for m in e.measured.values() for name in m.images}
    images = _sample(sorted(names, key=natural_key), shown)
    labels = _labels(entries)
    return {
        "dataset": dataset,
        "title": section.title,
        "criterion": ranking.criterion,
        "condition": ranking.condition,
        "measures": {
            one.measure: {
                "label": one.label,
                "title": one.title,
                "unit": one.unit,
                "digits": one.digits,
                "higher": one.higher_is_better,
            }
            for one in ranking.measures
        },
        "images": images,
        "numImages": len(names),
        "methods": [
            _method(board, row, label, images, keys)
            for row, label in zip(board.rows, labels, strict=True)
        ],
        "published": [_published(number) for number in board.unmeasured],
        "pairs": {one.measure: _pairs(board, one.measure) for one in ranking.measures},
    }


def _sample(images: list[str], shown: Collection[str]) -> list[str]:
    """Return at most :data:`MAX_IMAGES` images, evenly spaced, and those with pictures."""
    if len(images) <= MAX_IMAGES:
        return images
    spaced = {images[number * len(images) // MAX_IMAGES] for number in range(MAX_IMAGES)}
    return [image for image in images if image in spaced or image in shown]


def _labels(entries: Sequence[Entry]) -> list[str]:
    """Return a unique label for each method."""
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


def _method(
    board: Board, row: Row, label: str, images: list[str], keys: Mapping[str, str]
) -> dict[str, Any]:
    entry = row.entry
    costs = {key: getattr(entry.results.cost, key) for key in COSTS}
    return {
        "key": keys[entry.source],
        "label": label,
        "ranked": entry.rank is not None,
        "means": {name: measure.mean for name, measure in entry.measured.items()},
        "intervals": dict(row.intervals),
        "values": {
            one.measure: [
                entry.measured[one.measure].images.get(image)
                if one.measure in entry.measured
                else None
                for image in images
            ]
            for one in board.ranking.measures
        },
        "cost": {key: cost for key, cost in costs.items() if cost is not None},
        "device": entry.results.settings.get("device", "an unknown device"),
    }


def _published(number: Published) -> dict[str, Any]:
    cost = {}
    if "parameters" in number.cost:
        cost["parameters"] = number.cost["parameters"]
    if "gmacs_at_256" in number.cost:
        cost["macs_per_pixel"] = number.cost["gmacs_at_256"] * 1e9 / 256**2
    means = {name: float(text) for name, text in number.printed.items()}
    return {"label": number.method, "means": means, "cost": cost}


def _pairs(board: Board, measure: str) -> list[dict[str, Any]]:
    return [
        {
            "i": first,
            "j": second,
            "difference": compared.difference,
            "interval": compared.interval,
            "p": compared.p_value,
            "firstHigher": compared.first_higher,
            "secondHigher": compared.second_higher,
        }
        for (first, second), compared in board.comparisons[measure].items()
    ]

"""A ranking with what helps to read it: how sure each number is, and what was published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from restorekit.catalog import KnownTestSet, Published, PublishedNumbers
from restorekit.evaluation.results import DatasetRecord

from .measures import MEASURES
from .ranking import Entry, Ranking
from .statistics import Comparison, Interval, compare, mean_interval

#: A measured PSNR further than this from a published one, in dB, is pointed out: papers print
#: two decimals, and saving images as 8 bit PNG moves means by hundredths.
FAR_GAP = 0.1


@dataclass(frozen=True)
class Beside:
    """A published number of the same method, test set and protocol.

    Attributes:
        published: What was published.
        gaps: Measure to measured minus published.
    """

    published: Published
    gaps: Mapping[str, float]

    @property
    def far(self) -> bool:
        """Whether the PSNR differs by more than rounding explains."""
        # Not counting what binary fractions add: 28.31 - 28.21 is a tenth.
        return abs(self.gaps.get("psnr", 0.0)) > FAR_GAP + 1e-9


@dataclass(frozen=True)
class Line:
    """One line of a board.

    Attributes:
        entry: The method and its numbers.
        intervals: Measure to the confidence interval of its mean; None for a single image.
        over_next: The first measure compared, image by image, with the line below; None in
            the last line, or if the images go by other names there.
        beside: What was published about the same.
    """

    entry: Entry
    intervals: Mapping[str, Interval | None]
    over_next: Comparison | None
    beside: tuple[Beside, ...]


@dataclass(frozen=True)
class Board:
    """A ranking, line by line.

    Attributes:
        ranking: What it is about.
        lines: As the ranking's entries.
        elsewhere: Published by the same protocol on the same test set, of methods that were
            not measured here.
        sources: Where the published numbers stand; tables refer to them by their place.
        note: Why there are no published numbers, or how many there are of other protocols;
            empty if they were not asked for.
    """

    ranking: Ranking
    lines: tuple[Line, ...]
    elsewhere: tuple[Published, ...] = ()
    sources: tuple[str, ...] = ()
    note: str = ""

    def marks(self, published: Published) -> str:
        """Return where a published number stands, as ``[1, 3]``."""
        return f"[{', '.join(str(self.sources.index(one) + 1) for one in published.sources)}]"


def build_board(ranking: Ranking, references: PublishedNumbers | None = None) -> Board:
    """Put everything about a ranking together.

    Args:
        ranking: Methods on one test set by one protocol.
        references: Published numbers to put beside; None for none. They are matched by
            method (capitals aside), dataset and version, and protocol, all by name, with
            the results file's own ``method``, ``dataset.name`` and ``dataset.version``.
    """
    published: tuple[Published, ...] = ()
    note = ""
    if references is not None:
        dataset, note = test_set_of(references, ranking.dataset)
        if dataset is not None:
            published = references.find(dataset.id, ranking.protocol)
            note = _other_protocols(references, dataset.id, ranking.protocol)
    measured = {entry.results.method.lower() for entry in ranking.entries}
    entries = ranking.entries
    lines = tuple(
        _line(entry, entries[place + 1] if place + 1 < len(entries) else None, published)
        for place, entry in enumerate(entries)
    )
    beside = [one.published for line in lines for one in line.beside]
    elsewhere = sorted(
        (number for number in published if number.method.lower() not in measured),
        key=lambda number: _merit(number, ranking.measures[0]),
    )
    sources = dict.fromkeys(name for number in (*beside, *elsewhere) for name in number.sources)
    return Board(ranking, lines, tuple(elsewhere), tuple(sources), note)


def test_set_of(
    references: PublishedNumbers, record: DatasetRecord
) -> tuple[KnownTestSet | None, str]:
    """Return the catalog's test set of results, or None and the reason."""
    return references.test_set_of(
        record.name,
        record.version or "",
        fingerprint=record.fingerprint,
        num_images=record.num_images,
    )


def _line(entry: Entry, below: Entry | None, published: tuple[Published, ...]) -> Line:
    first = next(iter(entry.measured))
    return Line(
        entry,
        {
            name: mean_interval(list(measure.images.values()))
            for name, measure in entry.measured.items()
        },
        None if below is None else compare_entries(entry, below, first),
        tuple(
            Beside(number, _gaps(entry, number))
            for number in published
            if number.method.lower() == entry.results.method.lower()
        ),
    )


def compare_entries(first: Entry, second: Entry, measure: str) -> Comparison | None:
    """Compare two entries of one ranking image by image; None if the names differ."""
    return compare(first.measured[measure].images, second.measured[measure].images)


def _gaps(entry: Entry, number: Published) -> dict[str, float]:
    gaps = {}
    for measure in entry.measured:
        value = number.value(measure)
        if value is not None:
            gaps[measure] = entry.mean(measure) - value
    return gaps


def _merit(number: Published, measure: str) -> float:
    value = number.value(measure)
    return float("inf") if value is None else -MEASURES[measure].sign * value


def _other_protocols(references: PublishedNumbers, dataset: str, protocol: str) -> str:
    """Say what else was published on a dataset, which must not stand beside these numbers."""
    counts: dict[str, int] = {}
    for number in references.numbers:
        if number.dataset == dataset and number.protocol != protocol:
            name = number.protocol or "an unknown protocol"
            counts[name] = counts.get(name, 0) + 1
    if not counts:
        return ""
    listed = ", ".join(f"{count} by {name}" for name, count in sorted(counts.items()))
    return (
        f"Numbers published for {dataset} by other protocols are not shown here, as they do not "
        f"compare: {listed}."
    )

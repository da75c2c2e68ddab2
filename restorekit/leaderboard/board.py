"""A ranking with confidence intervals, pairwise comparisons and published numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from restorekit.catalog import KnownTestSet, Published, PublishedNumbers
from restorekit.evaluation.results import DatasetRecord, MeasuredQuantity

from .ranking import Entry, Ranking
from .statistics import Comparison, Interval, compare_all, mean_interval
from .test_modes import describe_tiles, is_comparable, published_mode


@dataclass(frozen=True)
class PublishedMatch:
    """A published number of the same method, test set and protocol as a measured one.

    Attributes:
        published: The published number.
        gaps: Measure to the difference, measured minus published.
        is_far: Whether the gap of the deciding measure is larger than :func:`gap_limit`.
    """

    published: Published
    gaps: Mapping[str, float]
    is_far: bool


@dataclass(frozen=True)
class Row:
    """A method of a board.

    Attributes:
        entry: The method and its numbers.
        intervals: Measure to the confidence interval of its mean; None for a single image.
        over_next: Comparison with the row below by the deciding measure, image by image; None
            in the last row, or if the two rows have different image names.
        published: Published numbers of the same method.
    """

    entry: Entry
    intervals: Mapping[str, Interval | None]
    over_next: Comparison | None
    published: tuple[PublishedMatch, ...]


@dataclass(frozen=True)
class Board:
    """A ranking, row by row.

    Attributes:
        ranking: The ranking.
        rows: One row for each entry of the ranking.
        comparisons: Measure to the indices of two rows to their comparison. Rows without the
            measure, and pairs with different image names, are left out.
        unmeasured: Numbers published under the same protocol on the same test set, for methods
            that were not measured here.
        sources: Sources of the published numbers; tables refer to them by position.
        note: Why there are no published numbers, or how many there are under other protocols;
            empty if none were requested.
    """

    ranking: Ranking
    rows: tuple[Row, ...]
    comparisons: Mapping[str, Mapping[tuple[int, int], Comparison]]
    unmeasured: tuple[Published, ...] = ()
    sources: tuple[str, ...] = ()
    note: str = ""

    def source_numbers(self, published: Published) -> tuple[int, ...]:
        """Return the positions of a number's sources, from 1."""
        return tuple(sorted(self.sources.index(source) + 1 for source in published.sources))


def build_board(ranking: Ranking, references: PublishedNumbers | None = None) -> Board:
    """Compute the board of a ranking.

    Args:
        ranking: Methods on one test set by one criterion.
        references: Published numbers to compare with; None for none. One matches a result if
            both have the same method (ignoring case), test set, protocol and test mode.
    """
    published: tuple[Published, ...] = ()
    note = ""
    if references is not None:
        dataset, note = test_set_of(references, ranking.dataset)
        if dataset is not None:
            published = references.find(dataset.id, ranking.criterion)
            note = _other_protocols(references, dataset.id, ranking.criterion)
    first, entries = ranking.measures[0], ranking.entries
    comparisons = {
        measure.measure: compare_all(
            [
                one.images if (one := entry.measured.get(measure.measure)) else None
                for entry in entries
            ]
        )
        for measure in ranking.measures
    }
    rows = tuple(
        Row(
            entry,
            {
                name: mean_interval(list(one.images.values()))
                for name, one in entry.measured.items()
            },
            comparisons[first.measure].get((index, index + 1)),
            tuple(_match(entry, number, first) for number in published if _same(entry, number)),
        )
        for index, entry in enumerate(entries)
    )
    unmeasured = sorted(
        (
            _with_mode(number, entries)
            for number in published
            if not any(_same(entry, number) for entry in entries)
        ),
        key=lambda number: _sort_key(number, first),
    )
    shown = (*(match.published for row in rows for match in row.published), *unmeasured)
    sources = dict.fromkeys(source for number in shown for source in number.sources)
    return Board(ranking, rows, comparisons, tuple(unmeasured), tuple(sources), note)


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


def gap_limit(measure: MeasuredQuantity) -> float:
    """Return the gap above which a published number is marked: ten units of the last digit.

    Papers print two decimals of PSNR, and saving images as 8 bit PNG moves means by hundredths;
    a tenth of a dB needs another explanation.
    """
    return 10.0 ** (1 - measure.digits)


def _same(entry: Entry, number: Published) -> bool:
    same_method = number.method.lower() == entry.results.method.lower()
    return same_method and is_comparable(entry.results, published_mode(number.method))


def _with_mode(number: Published, entries: Sequence[Entry]) -> Published:
    """Say how a number was measured whose method was measured here in another way."""
    if not any(number.method.lower() == entry.results.method.lower() for entry in entries):
        return number
    mode = published_mode(number.method)
    note = "whole images" if mode is None else describe_tiles(mode)
    return replace(number, note="; ".join(filter(None, [number.note, note])))


def _match(entry: Entry, number: Published, deciding: MeasuredQuantity) -> PublishedMatch:
    gaps = {
        name: quantity.mean - value
        for name, quantity in entry.measured.items()
        if (value := number.value(name)) is not None
    }
    # The margin is for binary fractions: 28.31 - 28.21 is a tenth.
    far = abs(gaps.get(deciding.measure, 0.0)) > gap_limit(deciding) + 1e-9
    return PublishedMatch(number, gaps, far)


def _sort_key(number: Published, measure: MeasuredQuantity) -> float:
    """Return a key that sorts the best number first and missing ones last."""
    value = number.value(measure.measure)
    return float("inf") if value is None else -measure.sign * value


def _other_protocols(references: PublishedNumbers, dataset: str, protocol: str) -> str:
    """Say how many numbers were published for a dataset under other protocols."""
    counts: dict[str, int] = {}
    for number in references.numbers:
        if number.dataset == dataset and number.protocol != protocol:
            name = number.protocol or "an unknown protocol"
            counts[name] = counts.get(name, 0) + 1
    if not counts:
        return ""
    listed = ", ".join(f"{count} under {name}" for name, count in sorted(counts.items()))
    return (
        f"Numbers published for {dataset} under other protocols are not shown, as they cannot be "
        f"compared: {listed}."
    )

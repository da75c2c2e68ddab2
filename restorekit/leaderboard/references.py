"""Published numbers, as :func:`restorekit.leaderboard.load_references` reads them.

They stand beside measured ones only where method, dataset and protocol are the same by
name; a number whose protocol or data its source does not state is kept, and never compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from restorekit.catalog import identify
from restorekit.evaluation.results import DatasetRecord


@dataclass(frozen=True)
class ReferenceDataset:
    """A version of a dataset that published numbers are about.

    Attributes:
        id: ``<name>-<version>``, or the name alone where there is no version.
        title: What it is, in words.
        images: Number of test images; None where the source does not say which images.
        aliases: Other ids that mean the same images.
    """

    id: str
    title: str
    images: int | None
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Published:
    """What one table says about one method on one dataset.

    Attributes:
        table: Id of the table.
        method: The method, a variant in parentheses.
        dataset: Id of the dataset.
        protocol: Name of the protocol, or None where the source does not say.
        printed: Measure to its value, with the decimals of the source.
        sources: Where it stands; several where sources agree.
        note: What is special about it; may be empty.
        cost: What the method needs, from the same source: ``parameters``; ``gmacs_at_256``
            for one image of 3×256×256; ``seconds``, ``seconds_at_512``, ``seconds_at_1024``.
    """

    table: str
    method: str
    dataset: str
    protocol: str | None
    printed: Mapping[str, str]
    sources: tuple[str, ...]
    note: str
    cost: Mapping[str, float]

    def value(self, measure: str) -> float | None:
        """Return the number, or None if the source does not give this measure."""
        text = self.printed.get(measure)
        return None if text is None else float(text)


@dataclass(frozen=True)
class References:
    """All published numbers, and the datasets that they are about by id."""

    datasets: Mapping[str, ReferenceDataset]
    numbers: tuple[Published, ...]

    def table(self, table: str) -> tuple[Published, ...]:
        """Return the numbers of one table, row by row."""
        return tuple(number for number in self.numbers if number.table == table)

    def find(self, dataset: str, protocol: str) -> tuple[Published, ...]:
        """Return what was published on a dataset by a protocol.

        Sources that print the same number of one method, be it with more decimals, are
        one, with the most decimals.
        """
        merged: list[Published] = []
        for number in self.numbers:
            if (number.dataset, number.protocol) != (dataset, protocol):
                continue
            for place, other in enumerate(merged):
                if number.method == other.method and _agree(number, other):
                    merged[place] = _merge(other, number)
                    break
            else:
                merged.append(number)
        return tuple(merged)

    def dataset_of(self, record: DatasetRecord) -> tuple[ReferenceDataset | None, str]:
        """Say on which of these datasets results were obtained.

        A fingerprint that the catalog knows decides. Otherwise name and version must be
        those of a dataset or of an alias (capitals aside), and the number of images its own.
        Nothing is guessed.

        Args:
            record: The ``dataset`` of a results file.

        Returns:
            The dataset and an empty string, or None and a sentence why there is none.
        """
        asked = _catalog_id(record) or _joined(record.name, (record.version or ""))
        ids = {name: one for one in self.datasets.values() for name in (one.id, *one.aliases)}
        dataset = ids.get(asked)
        if dataset is None or dataset.images is None:
            versions = [name for name in ids if name.startswith(f"{asked}-")]
            known = [one.id for one in self.datasets.values() if one.images is not None]
            return None, (
                f"No published numbers are known for a dataset {asked!r}"
                + (f", which has the versions {', '.join(versions)}" if versions else "")
                + ": dataset.name and dataset.version of the results must make one of "
                f"{', '.join(known)}."
            )
        if record.num_images != dataset.images:
            return None, (
                f"Published numbers for {dataset.id} are about its {dataset.images} test images, "
                f"and these results about {record.num_images}, so they are not compared."
            )
        return dataset, ""


def _catalog_id(record: DatasetRecord) -> str:
    """Return what the catalog knows these images as, or an empty string."""
    identity = identify(record.fingerprint)
    if identity is None:
        return ""
    dataset, fingerprint = identity
    name = _joined(dataset.name, fingerprint.version or dataset.version)
    return name if fingerprint.split == "test" else f"{name} ({fingerprint.split})"


def _joined(name: str, version: str) -> str:
    return "-".join(filter(None, [name, version])).lower()


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _agree(first: Published, second: Published) -> bool:
    if first.printed.keys() != second.printed.keys():
        return False
    for measure, text in first.printed.items():
        other = second.printed[measure]
        digits = min(_decimals(text), _decimals(other))
        if abs(float(text) - float(other)) > 0.5000001 * 10**-digits:
            return False
    return True


def _merge(first: Published, second: Published) -> Published:
    printed = {
        measure: max(text, second.printed[measure], key=_decimals)
        for measure, text in first.printed.items()
    }
    return replace(
        first,
        printed=printed,
        sources=(*first.sources, *second.sources),
        note="; ".join(filter(None, [first.note, second.note])),
        cost={**second.cost, **first.cost},
    )

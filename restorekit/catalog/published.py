"""Published numbers, each with its test set, protocol and source, as printed.

They are stored nowhere else: leaderboards, studies, the model zoo, metafiles and model
cards all read them here. A file in ``data/published/`` has the tables of one source.

A published number is compared with a measured one only if method, test set and protocol have
the same name. If the source does not state the protocol or the images, it is never compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from restorekit.errors import DataError, did_you_mean

from .dataset_records import Text, Texts, joined
from .datasets import KnownTestSet, all_test_sets, identify
from .files import FOLDER, read_yaml

#: Parameters; billions of multiply-accumulates for a 256×256 image; seconds per image.
CostName = Literal["parameters", "gmacs_at_256", "seconds", "seconds_at_512", "seconds_at_1024"]


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a source, as stored in a file.

    Attributes:
        source: Where it is printed.
        about: Who trained and measured, and on what.
        protocol: Name of the protocol; None if the source does not state it.
        protocols: Protocols of the columns that have another one.
        measures: Names of the measures in a cell, whose numbers are separated by slashes.
        columns: Ids of test sets (see :func:`restorekit.catalog.all_test_sets`).
        unidentified: Descriptions of columns whose images the source does not identify.
        rows: Method to its cells as printed, None where there is no number, or where the table of
            another source has it already. A method's main variant has the bare name, others are
            "Name (variant)".
        notes: Remarks about a method's row.
        cost: Cost of a method, from the same source.

    Example:
        >>> table = published_tables()["dcsfn-1"]
        >>> table.columns, table.rows["DCSFN"][0]
        (('rain200h', 'rain200l', 'rain1200'), '28.81/0.90')
    """

    source: Text
    about: str = ""
    protocol: Text | None
    protocols: dict[str, Text] = {}
    measures: Texts
    columns: Texts
    unidentified: dict[str, Text] = {}
    rows: dict[str, tuple[Text | None, ...]]
    notes: dict[str, Text] = {}
    cost: dict[str, dict[CostName, float]] = {}

    def __post_init__(self) -> None:
        for method, cells in self.rows.items():
            if len(cells) != len(self.columns):
                raise ValueError(f"{method} has {len(cells)} cells for {len(self.columns)} columns")
            for cell in filter(None, cells):
                _split_cell(cell, self.measures)
        for name, mapping, known in (
            ("notes", self.notes, self.rows),
            ("cost", self.cost, self.rows),
            ("protocols", self.protocols, self.columns),
            ("unidentified", self.unidentified, self.columns),
        ):
            for key in mapping:
                if key not in known:
                    what = "rows" if known is self.rows else "columns"
                    raise ValueError(
                        f"{name} has {key!r}, which is not among the {what}"
                        f".{did_you_mean(key, known)}"
                    )


class Published(Struct, frozen=True, kw_only=True):
    """The numbers that a table gives for a method on a test set.

    Attributes:
        table: Id of the table.
        method: The method, a variant in parentheses.
        dataset: Id of the test set.
        protocol: Name of the protocol; None if the source does not state it.
        printed: Measure to its value, with the decimals of the source.
        sources: Where it is printed; more than one if sources agree.
        note: Remark; may be empty.
        cost: Cost of the method, from the same source.

    Example:
        >>> number = published_numbers().table("dcsfn-1")[0]
        >>> number.method, number.dataset, number.value("psnr")
        ('DDN', 'rain200h', 22.26)
    """

    table: str
    method: str
    dataset: str
    protocol: str | None
    printed: Mapping[str, str]
    sources: tuple[str, ...]
    note: str
    cost: Mapping[CostName, float]

    def value(self, measure: str) -> float | None:
        """Return the number, or None if the source does not give this measure."""
        text = self.printed.get(measure)
        return None if text is None else float(text)


class PublishedCost(Struct, frozen=True, kw_only=True):
    """What a table gives as the cost of a method.

    Attributes:
        table: Id of the table.
        method: The method, a variant in parentheses.
        source: Where it is printed.
        cost: The cost by name.

    Example:
        >>> [cost.cost for cost in published_numbers().costs if cost.table == "dcsfn-1"]
        [{'parameters': 12630519.0, 'gmacs_at_256': 182.6}]
    """

    table: str
    method: str
    source: str
    cost: Mapping[CostName, float]


class PublishedNumbers(Struct, frozen=True):
    """All published numbers.

    Attributes:
        numbers: The numbers, table by table and row by row.
        costs: The costs of methods, table by table.
        test_sets: The test sets that the numbers were measured on, by id.

    Example:
        >>> found = published_numbers().find("rain200h", "rgb_float")
        >>> max(found, key=lambda number: number.value("psnr")).method
        'DCSFN'
    """

    numbers: tuple[Published, ...]
    costs: tuple[PublishedCost, ...]
    test_sets: Mapping[str, KnownTestSet]

    def table(self, table: str) -> tuple[Published, ...]:
        """Return the numbers of one table."""
        return tuple(number for number in self.numbers if number.table == table)

    def find(self, dataset: str, protocol: str) -> tuple[Published, ...]:
        """Return the numbers published for a test set under a protocol.

        If several sources print the same number for a method, they become one entry with the
        most decimals.

        Args:
            dataset: Id of the test set.
            protocol: Name of the protocol.
        """
        merged: list[Published] = []
        for number in self.numbers:
            if (number.dataset, number.protocol) != (dataset, protocol):
                continue
            for index, other in enumerate(merged):
                if number.method == other.method and _agree(number, other):
                    merged[index] = _merge(other, number)
                    break
            else:
                merged.append(number)
        return tuple(merged)

    def test_set_of(
        self, name: str, version: str = "", *, fingerprint: str, num_images: int
    ) -> tuple[KnownTestSet | None, str]:
        """Return the test set that results were obtained on.

        A known fingerprint decides. Otherwise name and version must be those of a test set, or
        the name an alias of its dataset, in upper or lower case, and the number of images must
        match. Nothing is guessed.

        Args:
            name: Name of the dataset in the results.
            version: Version of the dataset in the results.
            fingerprint: Fingerprint of the images.
            num_images: Number of images.

        Returns:
            The test set and an empty string, or None and a sentence that says why there is none.
        """
        asked = joined(name, version).lower()
        identity = identify(fingerprint)
        if identity is not None:
            known = identity.fingerprint
            asked = joined(identity.dataset.name, known.version)
            asked = asked if known.split == "test" else f"{asked} ({known.split})"
        found = self.test_sets.get(asked)
        if found is None:
            own = [one for one in self.test_sets.values() if one.id == one.dataset.id]
            named = [one for one in own if asked in one.dataset.aliases]
            found = named[0] if len(named) == 1 else None
        if found is None:
            versions = [
                one.id
                for one in self.test_sets.values()
                if one.id.startswith(f"{asked}-") or asked in one.dataset.aliases
            ]
            return None, (
                f"No published numbers are known for a dataset {asked!r}"
                + (f", which has the versions {', '.join(versions)}" if versions else "")
                + ": dataset.name and dataset.version of the results must make one of "
                f"{', '.join(self.test_sets)}."
            )
        if num_images != found.images:
            return None, (
                f"Published numbers for {found.id} are means over its {found.images} test images, "
                f"and these results over {num_images}, so they are not compared."
            )
        return found, ""


@lru_cache
def published_tables(folder: Path = FOLDER) -> Mapping[str, Table]:
    """Read all published tables, by id.

    Args:
        folder: A folder with ``published/`` and ``datasets/``; the package's own by default.

    Raises:
        DataError: If a file cannot be used; the message names the file and the key.

    Example:
        >>> published_tables()["dcsfn-1"].protocol
        'rgb_float'
    """
    tables: dict[str, Table] = {}
    test_sets = all_test_sets(folder)
    for file in sorted((folder / "published").glob("*.yml")):
        for name, table in read_yaml(file, dict[str, Table]).items():
            if name in tables:
                raise DataError(f"{file}: another file has a table {name!r} too.")
            for column in table.columns:
                if (column in test_sets) == (column in table.unidentified):
                    raise DataError(
                        f"{file}: {name}.columns has {column!r}, which must be a test set of the "
                        f"catalog or described under unidentified.{did_you_mean(column, test_sets)}"
                    )
            tables[name] = table
    return MappingProxyType(tables)


@lru_cache
def published_numbers(folder: Path = FOLDER) -> PublishedNumbers:
    """Read all published numbers; see :func:`published_tables`.

    Example:
        >>> len(published_numbers().table("dcsfn-1"))  # seven methods on three test sets
        21
    """
    tables, test_sets = published_tables(folder), all_test_sets(folder)
    numbers = tuple(one for name, table in tables.items() for one in _numbers(name, table))
    costs = tuple(
        PublishedCost(table=name, method=method, source=table.source, cost=cost)
        for name, table in tables.items()
        for method, cost in table.cost.items()
    )
    used = {number.dataset for number in numbers}
    used_sets = {key: one for key, one in test_sets.items() if key in used}
    return PublishedNumbers(numbers, costs, used_sets)


def _numbers(name: str, table: Table) -> Iterator[Published]:
    for method, cells in table.rows.items():
        for column, cell in zip(table.columns, cells, strict=True):
            if cell is not None:
                yield Published(
                    table=name,
                    method=method,
                    dataset=column,
                    protocol=table.protocols.get(column, table.protocol),
                    printed=_split_cell(cell, table.measures),
                    sources=(table.source,),
                    note=table.notes.get(method, ""),
                    cost=table.cost.get(method, {}),
                )


def _split_cell(cell: str, measures: Texts) -> dict[str, str]:
    """Split ``28.81/0.9040``; a source may give only the first of the measures."""
    numbers = cell.split("/")
    if len(numbers) > len(measures):
        raise ValueError(f"has a cell {cell!r} for the measures {', '.join(measures)}")
    for number in numbers:
        if not re.fullmatch(r"-?\d+(\.\d+)?", number):
            raise ValueError(f"has a cell {cell!r}, where {number!r} is not a number")
    return dict(zip(measures, numbers, strict=False))


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _agree(first: Published, second: Published) -> bool:
    """Say whether both print the same numbers, apart from rounding."""
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

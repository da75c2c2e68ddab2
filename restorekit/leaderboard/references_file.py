"""Reading references.yml: every key is checked, and an error names the file and the key."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml

from restorekit.errors import DataError, did_you_mean
from restorekit.metrics.protocols import PROTOCOLS

from .measures import MEASURES
from .references import Published, ReferenceDataset, References

#: What stands in place of a protocol's name where the source does not say how it measured.
UNKNOWN_PROTOCOL = "unknown"

_COSTS = ("parameters", "gmacs_at_256", "seconds", "seconds_at_512", "seconds_at_1024")
_DATASET_KEYS = ("name", "version", "images", "aliases", "title")
_TABLE_KEYS = (
    *("id", "source", "about", "protocol", "protocols", "measures"),
    *("columns", "rows", "notes", "cost"),
)
_NOTHING = ("~", "")


def load_references(path: str | os.PathLike[str] | None = None) -> References:
    """Read published numbers.

    Args:
        path: A file of the form of ``restorekit/leaderboard/references.yml``, which is
            read by default.

    Raises:
        DataError: If it cannot be read, or what it says is incomplete or not known, naming
            the file and the key.
    """
    return _builtin() if path is None else _load(Path(path))


@functools.lru_cache(maxsize=1)
def _builtin() -> References:
    return _load(Path(__file__).with_name("references.yml"))


def _load(path: Path) -> References:
    try:
        text = path.read_text(encoding="utf-8")
        # All scalars as text: numbers keep the decimals that their source prints.
        content = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  builds no objects
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"The references file {path} cannot be read: {error}") from error
    reader = _Reader(str(path))
    whole = reader.mapping(content, "the file", ("datasets", "tables"))
    described = reader.mapping(whole.get("datasets"), "datasets")
    reader.datasets = {key: reader.dataset(key, value) for key, value in described.items()}
    tables = reader.sequence(whole.get("tables"), "tables")
    return References(reader.datasets, tuple(n for t in tables for n in reader.table(t)))


class _Reader:
    """Reads parts of one file; ``source`` is its name."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.datasets: dict[str, ReferenceDataset] = {}
        self._tables: set[str] = set()

    def fail(self, key: str, problem: str) -> NoReturn:
        raise DataError(f"{self.source}: {key} {problem}")

    def mapping(self, value: Any, key: str, known: Iterable[str] = ()) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self.fail(key, f"must be a mapping, not {value!r}.")
        for name in value:
            if known and name not in known:
                self.fail(f"{key}.{name}", f"is not a key.{did_you_mean(name, known)}")
        content: Mapping[str, Any] = value
        return content

    def sequence(self, value: Any, key: str) -> Sequence[Any]:
        if not isinstance(value, list):
            self.fail(key, f"must be a list, not {value!r}.")
        content: Sequence[Any] = value
        return content

    def text(self, content: Mapping[str, Any], name: str, key: str) -> str:
        value = content.get(name)
        if not isinstance(value, str) or value in _NOTHING:
            self.fail(f"{key}.{name}", f"must be a text, not {value!r}.")
        return value

    def number(self, text: Any, key: str) -> float:
        try:
            return float(text)
        except (TypeError, ValueError):
            self.fail(key, f"must be a number, not {text!r}.")

    def known(self, name: str, names: Iterable[str], key: str, what: str) -> str:
        if name not in names:
            self.fail(key, f"is {name!r}, which is not {what}.{did_you_mean(name, names)}")
        return name

    def dataset(self, key: str, value: Any) -> ReferenceDataset:
        where = f"datasets.{key}"
        content = self.mapping(value, where, _DATASET_KEYS)
        wanted = "-".join(filter(None, [self.text(content, "name", where), content.get("version")]))
        if key != wanted:
            self.fail(where, f"must be called {wanted!r}, after its name and version.")
        images = content.get("images")
        return ReferenceDataset(
            key,
            self.text(content, "title", where),
            None if images is None else int(self.number(images, f"{where}.images")),
            tuple(self.sequence(content.get("aliases", []), f"{where}.aliases")),
        )

    def table(self, value: Any) -> Iterable[Published]:
        name = self.text(self.mapping(value, "tables"), "id", "tables")
        where = f"tables.{name}"
        content = self.mapping(value, where, _TABLE_KEYS)
        if name in self._tables:
            self.fail(where, "is there twice.")
        self._tables.add(name)
        columns = self.sequence(content.get("columns"), f"{where}.columns")
        for column in columns:
            self.known(column, self.datasets, f"{where}.columns", "a key of datasets")
        measures = self.text(content, "measures", where).split("/")
        for measure in measures:
            self.known(measure, MEASURES, f"{where}.measures", "a measure")
        rows = self.mapping(content.get("rows"), f"{where}.rows")
        notes = self.mapping(content.get("notes", {}), f"{where}.notes", rows)
        costs = self.mapping(content.get("cost", {}), f"{where}.cost", rows)
        protocols = self.protocols(content, columns, where)
        for method, cells in rows.items():
            key = f"{where}.rows[{method!r}]"
            if len(self.sequence(cells, key)) != len(columns):
                self.fail(key, f"has {len(cells)} cells for {len(columns)} columns.")
            note, cost = notes.get(method, ""), self.cost(costs.get(method, {}), where)
            for column, cell in zip(columns, cells, strict=True):
                if cell not in _NOTHING:
                    yield Published(
                        table=name,
                        method=method,
                        dataset=column,
                        protocol=protocols[column],
                        printed=self.cell(cell, measures, key),
                        sources=(self.text(content, "source", where),),
                        note=note,
                        cost=cost,
                    )

    def protocols(
        self, content: Mapping[str, Any], columns: Sequence[str], where: str
    ) -> dict[str, str | None]:
        """Return the protocol of each column; None for one that the source does not state."""
        default = self.text(content, "protocol", where)
        special = self.mapping(content.get("protocols", {}), f"{where}.protocols", columns)
        known = (*PROTOCOLS, UNKNOWN_PROTOCOL)
        named = {
            column: self.known(
                special.get(column, default), known, f"{where}.protocol", "a protocol"
            )
            for column in columns
        }
        return {key: None if name == UNKNOWN_PROTOCOL else name for key, name in named.items()}

    def cost(self, value: Any, where: str) -> dict[str, float]:
        content = self.mapping(value, f"{where}.cost", _COSTS)
        return {key: self.number(text, f"{where}.cost.{key}") for key, text in content.items()}

    def cell(self, text: str, measures: Sequence[str], key: str) -> dict[str, str]:
        """Split ``28.81/0.9040``; a source that gives only the first measure leaves the rest."""
        numbers = str(text).split("/")
        if len(numbers) > len(measures):
            self.fail(key, f"has {text!r}, but only the measures {', '.join(measures)}.")
        for number in numbers:
            self.number(number, key)
        return dict(zip(measures, numbers, strict=False))

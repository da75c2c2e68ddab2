"""Typed access to what was read from a YAML file; errors name the file and the key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import yaml

from restorekit.errors import DataError, did_you_mean


class Fields:
    """A mapping of a file, of which every key must be asked for.

    Args:
        content: What was read.
        file: The file, for messages.
        key: Dotted key of this mapping in the file; empty for the whole of it.
    """

    def __init__(self, content: Any, file: Path, key: str = "") -> None:
        self.file, self.key = file, key
        if not isinstance(content, dict):
            self.fail("", f"must be a mapping, not {content!r}")
        self._content: Mapping[str, Any] = content
        self._asked: set[str] = set()

    @classmethod
    def read(cls, file: Path) -> Fields:
        """Read a file.

        Raises:
            DataError: If it cannot be read or is no mapping.
        """
        try:
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            text = " ".join(str(error).split())
            raise DataError(f"The catalog's file {file} cannot be read: {text}.") from error
        return cls(content, file)

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raise an error about a key."""
        where = ".".join(filter(None, [self.key, key])) or "the whole file"
        raise DataError(f"{self.file}: {where} {problem}.")

    def done(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self._content:
            if key not in self._asked:
                nearest = did_you_mean(str(key), self._asked).strip()
                self.fail(str(key), f"is not a key{': ' + nearest.rstrip('?') if nearest else ''}")

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return self._get(key) is not None

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; ``default`` where there is none, if that is allowed."""
        value = self._get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value:
            self.fail(key, f"must be a text, not {value!r}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, or one text as a list of one."""
        value = self._get(key, [])
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(i, str) and i for i in items):
            self.fail(key, f"must be a list of texts, not {value!r}")
        return tuple(items)

    def count(self, key: str, default: int | None = None) -> int:
        """Return a number that is not negative."""
        value = self._get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.fail(key, f"must be a number, not {value!r}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            self.fail(key, f"must be true or false, not {value!r}")
        return value

    def sub(self, key: str) -> Iterator[tuple[str, Fields]]:
        """Yield the mappings in a mapping by their keys."""
        inner = Fields(self._get(key, {}), self.file, ".".join(filter(None, [self.key, key])))
        for name in inner._content:
            yield name, inner.one(name)

    def one(self, key: str) -> Fields:
        """Return the mapping under a key."""
        return Fields(self._get(key), self.file, ".".join(filter(None, [self.key, key])))

    def each(self, key: str) -> Iterator[Fields]:
        """Yield the mappings of a list."""
        items = self._get(key, [])
        if not isinstance(items, list):
            self.fail(key, f"must be a list, not {items!r}")
        for number, item in enumerate(items):
            name = ".".join(filter(None, [self.key, f"{key}[{number}]"]))
            yield Fields(item, self.file, name)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the mapping."""
        return tuple(self._content)

    def _get(self, key: str, default: Any = None) -> Any:
        self._asked.add(key)
        return self._content.get(key, default)

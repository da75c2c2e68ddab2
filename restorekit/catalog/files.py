"""Read and check data files that come with the package, the catalog's first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TypeVar

import yaml

from restorekit.errors import DataError, did_you_mean
from restorekit.io.records import to_record

T = TypeVar("T")

# PyYAML's C parser is ten times as fast as its Python parser.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: The data files that come with the package.
FOLDER = Path(__file__).parent / "data"


def read_yaml(file: Path, kind: type[T]) -> T:
    """Read a YAML file as a record of the given kind.

    Raises:
        DataError: If it cannot be read or does not fit; the message names the file and the key.
    """
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  a safe one
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        text = " ".join(str(error).split())
        raise DataError(f"{file} cannot be read: {text}.") from error
    return to_record(content, kind, str(file))


def check_names(key: str, names: Iterable[str], known: Collection[str]) -> None:
    """Require that every name is a known one.

    Args:
        key: The file and the key that hold the names, for the message.
        names: The names to check.
        known: All names that exist.

    Raises:
        DataError: If one is not known.
    """
    for name in names:
        if name not in known:
            raise DataError(
                f"{key} names {name!r}, which is not in the catalog.{did_you_mean(name, known)}"
            )

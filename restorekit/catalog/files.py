"""Reading the data files of the catalog."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml

from restorekit.errors import DataError
from restorekit.io.records import to_record

T = TypeVar("T")

# The C parser is ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: The data files that come with the package.
FOLDER = Path(__file__).parent / "data"


def read_yaml(file: Path, kind: type[T]) -> T:
    """Read a YAML file as a record of the given kind.

    Raises:
        DataError: If it cannot be read, or something in it does not fit; the message names the
            file and the key.
    """
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  a safe one
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        text = " ".join(str(error).split())
        raise DataError(f"The catalog's file {file} cannot be read: {text}.") from error
    return to_record(content, kind, str(file))

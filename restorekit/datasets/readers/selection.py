"""Keep or leave out images by lists of their names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from restorekit.errors import DataError, did_you_mean

from .listing import without_suffix
from .pairs import PairReader

#: A text file with one name per line, or the names themselves.
Names = str | os.PathLike[str] | Sequence[str] | None
_Reader = TypeVar("_Reader", bound=PairReader)


def select(reader: _Reader, ann_file: Names = None, exclude: Names = None) -> _Reader:
    """Return a reader of some of the images, in their order.

    Args:
        reader: All images.
        ann_file: Names of those to keep; by default all.
        exclude: Names of those to leave out.

    Raises:
        DataError: If a list cannot be read, names an image that is not there, or nothing is left.
    """
    if ann_file is None and exclude is None:
        return reader
    kept = set(reader.names)
    if ann_file is not None:
        kept = _names("ann_file", ann_file, reader)
    if exclude is not None:
        kept -= _names("exclude", exclude, reader)
    indices = [index for index, name in enumerate(reader.names) if name in kept]
    if not indices:
        raise DataError(f"ann_file and exclude leave no image of {reader.location}.")
    selected = reader.subset(indices)
    if ann_file is None:
        # What has no partner is wrong all the same; a list of names asks for these alone.
        selected.findings = reader.findings
    return selected


def _names(key: str, names: Names, reader: PairReader) -> set[str]:
    """Return the names of a list, all of which the reader has."""
    if isinstance(names, (str, os.PathLike)):
        source, listed = f"{key}={os.fspath(names)!r}", _read(key, Path(names).expanduser())
    else:
        source, listed = key, list(names or ())
    known = set(reader.names)
    wanted = {name if name in known else without_suffix(name) for name in listed}
    unknown = sorted(wanted - known)
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise DataError(
            f"{source} names {unknown[0]!r}{more}, which {reader.location} does not have."
            f"{did_you_mean(unknown[0], known)}"
        )
    return wanted


def _read(key: str, path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise DataError(f"{key}={os.fspath(path)!r} cannot be read: {reason}.") from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]

"""Import PyAV when it is first needed, and turn its errors into sentences."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from restorekit.errors import DataError, OutputError
from restorekit.io.extras import optional_package

Av = Any


def import_av() -> ModuleType:
    """Return the module ``av``.

    Raises:
        MissingDependencyError: If it cannot be imported.
    """
    module: ModuleType = optional_package("av", "video", "A video")
    return module


@contextlib.contextmanager
def reading(path: object) -> Iterator[None]:
    """Turn FFmpeg's errors about a file that is read into :class:`DataError`."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"There is no video {path}.") from error
    except import_av().FFmpegError as error:
        raise DataError(
            f"{path} cannot be read as a video ({_reason(error)}): it is damaged or of another "
            "kind."
        ) from error


@contextlib.contextmanager
def writing(path: object) -> Iterator[None]:
    """Turn FFmpeg's errors about a file that is written into :class:`OutputError`."""
    try:
        yield
    except import_av().FFmpegError as error:
        raise OutputError(f"{path} cannot be written: {_reason(error)}.") from error


def _reason(error: Any) -> str:
    text = str(error.strerror or error)
    return text[:1].lower() + text[1:].rstrip(".")

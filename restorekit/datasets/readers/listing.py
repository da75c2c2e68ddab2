"""Finding image files, in the order a person would put them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from restorekit.io.headers import IMAGE_SUFFIXES

_LEFT_OUT = {"__MACOSX"}


def natural_key(text: str) -> tuple[list[str | int], str]:
    """Sort key by which ``rain-2`` comes before ``rain-10``."""
    parts = re.split(r"(\d+)", text.lower())
    # Text and digits alternate, so that only likes are compared.
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], text


def list_images(folder: Path, *, recursive: bool = True) -> list[str]:
    """Return the image files below ``folder`` in natural order, as paths relative to it.

    Hidden files and folders are left out, and so are files of other kinds.
    """
    found = []
    for directory, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in _LEFT_OUT]
        if not recursive:
            folders.clear()
        relative = Path(directory).relative_to(folder)
        found += [
            (relative / file).as_posix()
            for file in files
            if file.lower().endswith(IMAGE_SUFFIXES) and not file.startswith(".")
        ]
    return sorted(found, key=natural_key)


def has_images(folder: Path) -> bool:
    """Whether there is an image file in ``folder`` or below, hidden ones aside."""
    for _, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in _LEFT_OUT]
        if any(f.lower().endswith(IMAGE_SUFFIXES) and not f.startswith(".") for f in files):
            return True
    return False


def without_suffix(name: str) -> str:
    """Return ``name`` without the ending of an image file, if it has one."""
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in IMAGE_SUFFIXES else name

"""Find image files, in natural order."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path

from restorekit.io.headers import IMAGE_SUFFIXES

#: Folders that programs leave behind, with broken copies of the files.
LEFT_OUT_FOLDERS = {"__MACOSX"}


_Listings = dict[tuple[Path, bool], list[str]]
_listings: ContextVar[_Listings | None] = ContextVar("listings", default=None)


@contextlib.contextmanager
def listed_once() -> Iterator[None]:
    """Let :func:`list_images` list and sort each folder once within the block.

    Recognising a layout asks for the same folder again and again.
    """
    if _listings.get() is not None:
        yield
        return
    token = _listings.set({})
    try:
        yield
    finally:
        _listings.reset(token)


def natural_key(text: str) -> tuple[list[str | int], str]:
    """Return a sort key that puts ``rain-2`` before ``rain-10``."""
    parts = re.split(r"(\d+)", text.lower())
    # Text and digits alternate, so that text is compared with text and numbers with numbers.
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], text


def list_images(folder: Path, *, recursive: bool = True) -> list[str]:
    """Return the image files below ``folder``, as :func:`list_files` does."""
    listings = _listings.get()
    if listings is None:
        return list_files(folder, IMAGE_SUFFIXES, recursive=recursive)
    key = (folder, recursive)
    if key not in listings:
        listings[key] = list_files(folder, IMAGE_SUFFIXES, recursive=recursive)
    return list(listings[key])


def list_files(folder: Path, suffixes: tuple[str, ...], *, recursive: bool = True) -> list[str]:
    """Return files below ``folder`` in natural order, as paths relative to it.

    Hidden files and folders are left out.

    Args:
        folder: The folder.
        suffixes: Suffixes of the files, in lower case.
        recursive: Whether folders below it are searched, too.
    """
    found = []
    for directory, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in LEFT_OUT_FOLDERS]
        if not recursive:
            folders.clear()
        relative = Path(directory).relative_to(folder).as_posix()
        prefix = "" if relative == "." else f"{relative}/"
        found += [
            prefix + file
            for file in files
            if file.lower().endswith(suffixes) and not file.startswith(".")
        ]
    return sorted(found, key=natural_key)


def has_images(folder: Path) -> bool:
    """Whether there is an image file, not a hidden one, in or below ``folder``."""
    for _, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in LEFT_OUT_FOLDERS]
        if any(f.lower().endswith(IMAGE_SUFFIXES) and not f.startswith(".") for f in files):
            return True
    return False


def without_suffix(name: str) -> str:
    """Return ``name`` without its suffix, if that is one of image files."""
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in IMAGE_SUFFIXES else name

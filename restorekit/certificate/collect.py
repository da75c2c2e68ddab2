"""Gather what a training depends on beside its config."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from restorekit.catalog import identify
from restorekit.datasets import PairReader
from restorekit.evaluation.schema import FileRecord
from restorekit.io.files import sha256, shown_path
from restorekit.io.fingerprint import dataset_fingerprint, image_digest
from restorekit.io.terminal import progress
from restorekit.io.threads import in_order
from restorekit.plugins import ENTRY_POINT_GROUP, loaded_plugin_files

from .record import ImageSet

#: Number of images from which reading them shows its progress.
_SHOWN_FROM = 1000
#: How many hex digits of each image's digest are kept.
_LENGTH = 16


def image_sets(readers: Iterable[PairReader], max_images: int) -> list[ImageSet]:
    """Read all images of the readers, and return what identifies them.

    Args:
        readers: The images.
        max_images: Of a set with more images only the names are recorded.

    Raises:
        DataError: If an image cannot be read.
    """
    return [_image_set(reader, max_images) for reader in readers]


def _image_set(reader: PairReader, max_images: int) -> ImageSet:
    count = len(reader)
    if count > max_images:
        return ImageSet(reader.location, count, images=dict.fromkeys(reader.names, ""))
    digests = dict(zip(reader.names, _digests(reader), strict=True))
    fingerprint = dataset_fingerprint(digests.values())
    identity = identify(fingerprint)
    return ImageSet(
        reader.location,
        count,
        fingerprint,
        None if identity is None else identity.dataset.name,
        {name: digest[:_LENGTH] for name, digest in digests.items()},
    )


def _digests(reader: PairReader) -> Iterator[str]:
    def digest(index: int) -> str:
        return image_digest(*(image for image in reader.read(index) if image is not None))

    found = in_order(digest, range(len(reader)))
    if len(reader) < _SHOWN_FROM:
        return found
    return progress(found, f"fingerprint of {reader.location}", len(reader))


def file_record(path: str | os.PathLike[str]) -> FileRecord:
    """Return the record of a file by a path that finds it again from the same folder."""
    return FileRecord(shown_path(path), sha256(path))


def plugin_files(config: Any) -> list[FileRecord]:
    """Return the Python files of ``--plugin`` and of the config's ``custom_imports``."""
    modules = (config.get("custom_imports") or {}).get("imports") or []
    names = [modules] if isinstance(modules, str) else modules
    found = [getattr(sys.modules.get(name), "__file__", None) for name in names]
    return [file_record(one) for one in (*loaded_plugin_files(), *found) if one]


def plugin_packages() -> dict[str, str]:
    """Return the installed packages that bring plugins, and their versions."""
    points = entry_points(group=ENTRY_POINT_GROUP)
    return {point.dist.name: point.dist.version for point in points if point.dist is not None}


def command_line() -> list[str]:
    """Return the command line of this process, the program by its name alone."""
    program, *arguments = sys.argv or [""]
    module = Path(program).name in ("__main__.py", "-m", "-c")
    return ["restorekit" if module else Path(program).name, *arguments]

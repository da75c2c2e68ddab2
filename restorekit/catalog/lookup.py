"""Finding datasets in the catalog: by name, by what they contain."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from restorekit.errors import DataError, UnknownNameError, did_you_mean

from .reading import LAYOUTS_FILE, read_dataset, read_layouts
from .records import KnownDataset, KnownFingerprint, Layout

FOLDER = Path(__file__).parent


class Identity(NamedTuple):
    """What a fingerprint belongs to."""

    dataset: KnownDataset
    fingerprint: KnownFingerprint

    def __str__(self) -> str:
        version = f", version {self.fingerprint.version}" if self.fingerprint.version else ""
        return f"{self.dataset.name} {self.fingerprint.split}{version}"


@lru_cache
def all_layouts(folder: Path = FOLDER) -> Mapping[str, Layout]:
    """Return all layouts by name.

    Raises:
        DataError: If a file of the catalog cannot be used.
    """
    return MappingProxyType(read_layouts(folder / LAYOUTS_FILE))


@lru_cache
def all_datasets(folder: Path = FOLDER) -> Mapping[str, KnownDataset]:
    """Return all datasets by id.

    Raises:
        DataError: If a file of the catalog cannot be used.
    """
    files = [file for file in sorted(folder.glob("*.yml")) if file.name != LAYOUTS_FILE]
    datasets = [read_dataset(file, all_layouts(folder)) for file in files]
    known = {dataset.id: dataset for dataset in datasets}
    for dataset in datasets:
        for other in dataset.train_on:
            if other not in known:
                raise DataError(
                    f"{folder / dataset.id}.yml: train_on names {other!r}, which is not in the "
                    f"catalog.{did_you_mean(other, known)}"
                )
    return MappingProxyType(known)


def get_dataset(name: str) -> KnownDataset:
    """Return the dataset of an id or an alias, capitals and underscores aside.

    Raises:
        UnknownNameError: If there is none, or the name stands for several versions.
    """
    wanted = name.lower().replace("_", "-")
    known = all_datasets()
    if wanted in known:
        return known[wanted]
    found = [dataset for dataset in known.values() if wanted in dataset.aliases]
    if len(found) == 1:
        return found[0]
    if found:
        versions = " or ".join(f"{dataset.id} ({_counts(dataset)})" for dataset in found)
        raise UnknownNameError(f"{name!r} has several versions: say {versions}.")
    names = [*known, *(alias for dataset in known.values() for alias in dataset.aliases)]
    raise UnknownNameError(
        f"{name!r} is not a dataset of the catalog.{did_you_mean(wanted, names)} `restorekit data "
        "list` shows all."
    )


def identify(fingerprint: str) -> Identity | None:
    """Return which data a fingerprint belongs to, or None if it is not known."""
    for dataset in all_datasets().values():
        for known in dataset.fingerprints:
            if known.sha256 == fingerprint:
                return Identity(dataset, known)
    return None


def _counts(dataset: KnownDataset) -> str:
    return ", ".join(f"{split.pairs:,} {split.name}" for split in dataset.splits.values())

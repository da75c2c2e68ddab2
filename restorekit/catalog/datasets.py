"""Find the catalog's datasets by name, by the fingerprint of their images, or as test sets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from msgspec.structs import force_setattr

from restorekit.errors import DataError, UnknownNameError, did_you_mean

from .dataset_records import KnownDataset, KnownFingerprint, Layout, NameList, joined
from .files import FOLDER, check_names, read_yaml


class Identity(NamedTuple):
    """The dataset and split that a fingerprint belongs to.

    Example:
        >>> known = get_dataset("rain100h-old").fingerprints[0]
        >>> identify(known.sha256).dataset.id
        'rain100h-old'
    """

    dataset: KnownDataset
    fingerprint: KnownFingerprint

    def __str__(self) -> str:
        version = f", version {self.fingerprint.version}" if self.fingerprint.version else ""
        return f"{self.dataset.name} {self.fingerprint.split}{version}"


class KnownTestSet(NamedTuple):
    """One version of a dataset's test split.

    Attributes:
        id: ``<name>-<version>``, or the name alone: the id of the dataset, except for another
            version of its test split, such as ``rain100h-mspfn``.
        images: Number of images.
        dataset: The dataset.

    Example:
        >>> test_set = all_test_sets()["rain1200"]
        >>> test_set.images, test_set.dataset.id
        (1200, 'rain1200')
    """

    id: str
    images: int
    dataset: KnownDataset


@lru_cache
def all_layouts(folder: Path = FOLDER) -> Mapping[str, Layout]:
    """Return all layouts by name.

    Raises:
        DataError: If ``layouts.yml`` cannot be used.

    Example:
        >>> all_layouts()["canonical"].lq
        'lq'
    """
    layouts = read_yaml(folder / "layouts.yml", dict[str, Layout])
    for name, layout in layouts.items():
        force_setattr(layout, "name", name)
    return MappingProxyType(layouts)


def get_layout(name: str) -> Layout:
    """Return a layout by its name in ``layouts.yml``.

    Example:
        >>> get_layout("inputcrop-cleancrop").about
        "MSPFN's test sets"
    """
    return all_layouts()[name]


@lru_cache
def all_datasets(folder: Path = FOLDER) -> Mapping[str, KnownDataset]:
    """Return all datasets by id.

    Args:
        folder: A folder with ``layouts.yml`` and ``datasets/``; the package's own by default.

    Raises:
        DataError: If a file of the catalog cannot be used.

    Example:
        >>> all_datasets()["rain12"].title
        'Rain12'
    """
    known = {}
    for file in sorted((folder / "datasets").glob("*.yml")):
        dataset = read_yaml(file, KnownDataset)
        if file.stem != dataset.id:
            raise DataError(
                f"{file}: name and version make {dataset.id!r}, so the file must be called "
                f"{dataset.id}.yml."
            )
        known[dataset.id] = dataset
    layouts = all_layouts(folder)
    for dataset in known.values():
        file = folder / "datasets" / f"{dataset.id}.yml"
        check_names(f"{file}: train_on", dataset.train_on, known)
        for distribution in dataset.distributions:
            for location in distribution.splits.values():
                check_names(f"{file}: layouts", location.layouts, layouts)
    return MappingProxyType(known)


def get_dataset(name: str) -> KnownDataset:
    """Return the dataset with an id or alias; case does not matter, and ``_`` counts as ``-``.

    Raises:
        UnknownNameError: If there is none, or several versions share the name.

    Example:
        >>> get_dataset("RainHeavy").id
        'rain200h'
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
        raise UnknownNameError(f"{name!r} has several versions: give {versions}.")
    names = [*known, *(alias for dataset in known.values() for alias in dataset.aliases)]
    raise UnknownNameError(
        f"{name!r} is not a dataset of the catalog.{did_you_mean(wanted, names)} `restorekit data "
        "list` shows all."
    )


def identify(fingerprint: str) -> Identity | None:
    """Return the dataset and split with a fingerprint, or None if it is not known.

    Example:
        >>> identify("0" * 64) is None
        True
    """
    for dataset in all_datasets().values():
        for known in dataset.fingerprints:
            if known.sha256 == fingerprint:
                return Identity(dataset, known)
    return None


@lru_cache
def all_lists(folder: Path = FOLDER) -> Mapping[str, NameList]:
    """Return the lists of all datasets by name.

    Raises:
        DataError: If two datasets have lists of one name.

    Example:
        >>> "rain1400-test" in all_lists()
        True
    """
    lists: dict[str, NameList] = {}
    for dataset in all_datasets(folder).values():
        for name, one in dataset.lists.items():
            if name in lists:
                raise DataError(
                    f"{folder / 'datasets' / dataset.id}.yml: lists has {name!r}, a name that "
                    "another dataset's list has: choose another one."
                )
            lists[name] = one
    return MappingProxyType(lists)


def all_test_sets(folder: Path = FOLDER) -> dict[str, KnownTestSet]:
    """Return every version of every test split, by id.

    Example:
        >>> all_test_sets()["rain200h"].images
        200
    """
    sets: dict[str, KnownTestSet] = {}
    for dataset in all_datasets(folder).values():
        for version in dataset.splits["test"].versions if "test" in dataset.splits else ():
            name = joined(dataset.name, version.version)
            sets.setdefault(name, KnownTestSet(name, version.pairs, dataset))
    return sets


def _counts(dataset: KnownDataset) -> str:
    return ", ".join(f"{split.pairs:,} {name}" for name, split in dataset.splits.items())

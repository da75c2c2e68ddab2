"""The datasets that the catalog knows, and finding them by name, by content and as test sets.

Each has a file in ``data/datasets/``, and the records here have the form of these files. Sizes
are (width, height) and stand for either orientation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from restorekit.errors import DataError, UnknownNameError, did_you_mean

from .files import FOLDER, read_yaml

Text = Annotated[str, Meta(min_length=1)]
Texts = tuple[Text, ...]
Count = Annotated[int, Meta(ge=0)]
SplitName = Annotated[str, Meta(pattern="^(train|val|test)$")]


class Layout(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the images of a split are stored in its folder; exactly one kind is set.

    Attributes:
        name: Its key in ``layouts.yml``.
        about: Who uses it.
        lq: Folder of the rainy images, or their file name with ``{id}`` in it.
        gt: Folder or file name of the clean images.
        side_by_side: Side of the rainy image in files that hold both.
        list: Name of the text file that lists the pairs.
        images: Folder of photographs.
    """

    name: str = ""
    about: Text
    lq: str = ""
    gt: str = ""
    side_by_side: Literal["", "left", "right"] = ""
    list: str = ""
    images: str = ""

    def __post_init__(self) -> None:
        kinds = [self.lq and self.gt, self.side_by_side, self.list, self.images]
        if sum(map(bool, kinds)) > 1 or bool(self.lq) != bool(self.gt):
            raise ValueError("needs lq and gt, or one of side_by_side, list and images")
        if self.lq.count("{id}") != self.gt.count("{id}") or self.lq.count("{id}") > 1:
            raise ValueError("needs {id} once in both lq and gt, or in neither")

    def describe(self) -> str:
        """Say in words what is in the folder."""
        if self.side_by_side:
            return f"files side by side, the rainy image on the {self.side_by_side}"
        if self.list:
            return f"pairs listed in {self.list}"
        return f"{self.lq} and {self.gt}" if self.lq else self.about


class SplitVersion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to expect of one version of a split.

    Attributes:
        version: Short name, as results files carry it; the dataset's own where a file has none.
        pairs: Number of pairs (of images, where there are no clean ones).
        sizes: All sizes that occur; empty where they are mixed or not known.
        duplicates: Number of pairs that the original holds twice.
        about: Who uses this version.
    """

    version: str = ""
    pairs: Count
    sizes: tuple[tuple[Count, Count], ...] = ()
    duplicates: Count = 0
    about: str = ""


class Split(SplitVersion, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a dataset, in the dataset's own version and in others.

    Attributes:
        clean: First and last number of its clean images, where all splits may be in one folder
            and these numbers tell them apart.
        also: Other versions.
    """

    clean: tuple[Count, Count] | None = None
    also: tuple[SplitVersion, ...] = ()

    @property
    def versions(self) -> tuple[SplitVersion, ...]:
        """All versions; the dataset's own comes first."""
        return (self, *self.also)


class Location(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a distribution keeps a split.

    Attributes:
        layouts: Names of the layouts that its folder may have.
        folders: Last parts of the folder's path, such as ``Rain100H``; empty where only the
            name of the split is used.
    """

    layouts: Annotated[Texts, Meta(min_length=1)]
    folders: Texts = ()


class Distribution(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A copy of a dataset as somebody hands it out.

    Attributes:
        name: Who does.
        splits: Where each split is.
        source: Where this is known from.
    """

    name: Text
    splits: dict[SplitName, Location]
    source: Text


class KnownFingerprint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fingerprint of complete data.

    Attributes:
        split: Name of the split.
        version: Version of the split; the dataset's own where a file has none.
        pairs: Number of pairs.
        sha256: :func:`restorekit.io.fingerprint.dataset_fingerprint` of them.
        source: The files that it was computed from.
    """

    split: SplitName
    version: str = ""
    pairs: Count
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    source: Text


class KnownDataset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One dataset in one version.

    Attributes:
        name: What results files call it.
        version: Which version, where there are several.
        title: What people call it.
        folder: Folder below ``data/`` that configs read it from; its id by default.
        splits: By name.
        distributions: The copies that people have.
        fingerprints: Known fingerprints.
        aliases: Other names; one that several datasets have stands for none of them.
        paired: Whether there are clean images.
        format: Format of the files that the authors hand out, where all have the same.
        paper: Where it was introduced.
        get: Addresses where it is, or was, offered.
        licence: Terms of use, where they are stated.
        protocol: Name of the protocol under which most papers report on it.
        train_on: Ids of the datasets to train on for its test set, the usual one first.
        notes: What else one should know.
        sources: Where all this is known from.
    """

    name: Text
    version: str = ""
    title: Text
    folder: str = ""
    splits: Annotated[dict[SplitName, Split], Meta(min_length=1)]
    distributions: tuple[Distribution, ...] = ()
    fingerprints: tuple[KnownFingerprint, ...] = ()
    aliases: Texts = ()
    paired: bool = True
    format: Literal["", "PNG", "JPEG"] = ""
    paper: Text
    get: Texts = ()
    licence: str = ""
    protocol: str = ""
    train_on: Texts = ()
    notes: Texts = ()
    sources: Annotated[Texts, Meta(min_length=1)]

    def __post_init__(self) -> None:
        force_setattr(self, "folder", self.folder or self.id)
        records: list[SplitVersion | KnownFingerprint] = [*self.fingerprints]
        for split in self.splits.values():
            records += split.versions
        for record in records:
            force_setattr(record, "version", record.version or self.version)
        for known in self.fingerprints:
            there = self.splits[known.split].versions if known.split in self.splits else ()
            expected = [one.pairs for one in there if one.version == known.version]
            if known.pairs not in expected:
                raise ValueError(
                    f"has a fingerprint of {known.pairs} {known.split} pairs, but that version "
                    f"of the split has {' or '.join(map(str, expected)) or 'none'}"
                )

    @property
    def id(self) -> str:
        """``<name>-<version>``, or the name alone; the name of its file."""
        return joined(self.name, self.version)

    @property
    def hint(self) -> str:
        """How to get it and make it ready, in one clause."""
        where = f" is offered at {self.get[0]}" if self.get else ""
        return (
            f"{self.title}{where}; `restorekit data prepare {self.id} --src FOLDER` makes "
            f"data/{self.folder} of any copy of it"
        )


class Identity(NamedTuple):
    """What a fingerprint belongs to."""

    dataset: KnownDataset
    fingerprint: KnownFingerprint

    def __str__(self) -> str:
        version = f", version {self.fingerprint.version}" if self.fingerprint.version else ""
        return f"{self.dataset.name} {self.fingerprint.split}{version}"


class KnownTestSet(NamedTuple):
    """The test images that numbers are about.

    Attributes:
        id: ``<name>-<version>``, or the name alone; that of the dataset, unless the images are
            another version of its test split, such as ``rain100h-mspfn``.
        images: How many there are.
        dataset: The dataset.
    """

    id: str
    images: int
    dataset: KnownDataset


@lru_cache
def all_layouts(folder: Path = FOLDER) -> Mapping[str, Layout]:
    """Return all layouts by name.

    Raises:
        DataError: If ``layouts.yml`` cannot be used.
    """
    layouts = read_yaml(folder / "layouts.yml", dict[str, Layout])
    for name, layout in layouts.items():
        force_setattr(layout, "name", name)
    return MappingProxyType(layouts)


def get_layout(name: str) -> Layout:
    """Return the layout of a name that a dataset's file uses."""
    return all_layouts()[name]


@lru_cache
def all_datasets(folder: Path = FOLDER) -> Mapping[str, KnownDataset]:
    """Return all datasets by id.

    Args:
        folder: A folder with ``layouts.yml`` and ``datasets/``; the package's own by default.

    Raises:
        DataError: If a file of the catalog cannot be used.
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
        locations = [one for each in dataset.distributions for one in each.splits.values()]
        used = [name for location in locations for name in location.layouts]
        for key, names, there in (
            ("train_on", dataset.train_on, known),
            ("layouts", used, layouts),
        ):
            for name in names:
                if name not in there:
                    raise DataError(
                        f"{folder / 'datasets' / dataset.id}.yml: {key} names {name!r}, which is "
                        f"not in the catalog.{did_you_mean(name, there)}"
                    )
    return MappingProxyType(known)


def _check_names(key: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise DataError(
                f"{key} names {name!r}, which is not in the catalog.{did_you_mean(name, known)}"
            )


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


def all_test_sets(folder: Path = FOLDER) -> dict[str, KnownTestSet]:
    """Return every version of every test split by its id."""
    sets: dict[str, KnownTestSet] = {}
    for dataset in all_datasets(folder).values():
        for version in dataset.splits["test"].versions if "test" in dataset.splits else ():
            name = joined(dataset.name, version.version)
            sets.setdefault(name, KnownTestSet(name, version.pairs, dataset))
    return sets


def joined(name: str, version: str) -> str:
    """Return ``<name>-<version>``, or the name alone."""
    return "-".join(filter(None, [name, version]))


def _counts(dataset: KnownDataset) -> str:
    return ", ".join(f"{split.pairs:,} {name}" for name, split in dataset.splits.items())

"""What a file in ``data/datasets/`` says of a dataset, and ``layouts.yml`` of a layout.

Sizes are (width, height) and stand for either orientation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

Text = Annotated[str, Meta(min_length=1)]
Texts = tuple[Text, ...]
Count = Annotated[int, Meta(ge=0)]
SplitName = Annotated[str, Meta(pattern="^(train|val|test)$")]


class Layout(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a split's images are stored: ``lq`` and ``gt``, or one of the other three.

    Attributes:
        name: Its key in ``layouts.yml``.
        about: Who uses it.
        lq: Folder of the rainy images, or the pattern of their file names, with ``{id}``; with
            further names in braces, of their paths below the folder.
        gt: The same for the clean images.
        side_by_side: Side of the rainy image, where each file holds both images.
        list: Name of the text file that lists the pairs.
        images: Folder of photographs without clean versions.

    Example:
        >>> from restorekit.catalog import get_layout
        >>> layout = get_layout("input-target")
        >>> layout.lq, layout.gt
        ('input', 'target')
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
        if self.shared_parts(self.lq) != self.shared_parts(self.gt):
            raise ValueError("needs the same names in braces in lq and gt, each once")

    @staticmethod
    def shared_parts(pattern: str) -> tuple[str, ...]:
        """Return the names in braces, such as ``id``, of a pattern."""
        return tuple(sorted(re.findall(r"\{(\w+)\}", pattern)))

    def describe(self) -> str:
        """Describe the folder in a few words."""
        if self.side_by_side:
            return f"files side by side, the rainy image on the {self.side_by_side}"
        if self.list:
            return f"pairs listed in {self.list}"
        return f"{self.lq} and {self.gt}" if self.lq else self.about


class SplitVersion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of a split.

    Attributes:
        version: Short name, as in results files; by default that of the dataset.
        pairs: Number of pairs, or of images where there are no clean ones.
        sizes: All sizes that occur; empty if they vary or are not known.
        duplicates: Number of pairs that the original contains twice.
        about: Who uses this version.

    Example:
        >>> from restorekit.catalog import get_dataset
        >>> train = get_dataset("rain100h-old").splits["train"]
        >>> [version.pairs for version in train.versions]
        [1800, 1254]
    """

    version: str = ""
    pairs: Count
    sizes: tuple[tuple[Count, Count], ...] = ()
    duplicates: Count = 0
    about: str = ""


class Split(SplitVersion, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a dataset, in the dataset's own version and possibly in others.

    Attributes:
        clean: First and last number in the names of its clean images, where these numbers
            separate splits that are stored in one folder.
        also: Other versions.

    Example:
        >>> from restorekit.catalog import get_dataset
        >>> get_dataset("rain200h").splits["test"].pairs
        200
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
        folders: Possible ends of the folder's path, such as ``Rain100H``; if empty, the folder
            has only the name of the split.

    Example:
        >>> from restorekit.catalog import get_dataset
        >>> own = get_dataset("rain12").distributions[0]
        >>> own.splits["test"].folders
        ('Rain12', 'li_cvpr16_rain')
    """

    layouts: Annotated[Texts, Meta(min_length=1)]
    folders: Texts = ()


class Distribution(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A copy of a dataset, as one source offers it.

    Attributes:
        name: Who offers it.
        splits: Where each split is.
        source: Where this information comes from.

    Example:
        >>> from restorekit.catalog import get_dataset
        >>> [copy.name for copy in get_dataset("rain12").distributions]
        ['its own', 'PReNet']
    """

    name: Text
    splits: dict[SplitName, Location]
    source: Text


class KnownFingerprint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fingerprint of a complete split.

    Attributes:
        split: Name of the split.
        version: Version of the split; by default that of the dataset.
        pairs: Number of pairs.
        sha256: :func:`restorekit.io.fingerprint.dataset_fingerprint` of the pairs.
        source: The files that it was computed from.

    Example:
        >>> from restorekit.catalog import get_dataset
        >>> known = get_dataset("rain100h-old").fingerprints[0]
        >>> known.split, known.pairs
        ('test', 100)
    """

    split: SplitName
    version: str = ""
    pairs: Count
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    source: Text


class NameList(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A published choice of images, for ``ann_file`` and ``exclude``; names or a rule.

    Attributes:
        about: What it chooses.
        names: Names of images, without suffix.
        clean: First and last number of the clean images, where rainy names begin with that number.
        source: Where this is known from.

    Example:
        >>> from restorekit.catalog.datasets import all_lists
        >>> all_lists()["rain1400-test"].choose(["900_1", "901_1", "901_2"])
        ['901_1', '901_2']
    """

    about: Text
    names: Texts = ()
    clean: tuple[Count, Count] | None = None
    source: Text

    def __post_init__(self) -> None:
        if bool(self.names) == (self.clean is not None):
            raise ValueError("needs names or clean, and not both")

    def choose(self, names: Iterable[str]) -> list[str]:
        """Return the listed names, or those among ``names`` that follow the rule."""
        if self.clean is None:
            return list(self.names)
        first, last = self.clean
        numbered = ((name, re.match(r"\d+", name.rsplit("/", 1)[-1])) for name in names)
        return [name for name, found in numbered if found and first <= int(found[0]) <= last]


class KnownDataset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One dataset in one version.

    Attributes:
        name: Name in results files.
        version: Version, if there are several.
        title: Name in texts.
        folder: Folder below ``data/`` that configs read it from; the id by default.
        splits: The splits by name.
        distributions: Copies in circulation.
        fingerprints: Known fingerprints.
        lists: Published choices of its images, by name; no two datasets share one.
        aliases: Other names; one that several datasets share identifies none of them.
        paired: Whether there are clean images.
        format: Format of the original files, if all have the same.
        paper: The paper that introduced it.
        get: Addresses where it is, or was, offered.
        licence: Terms of use, if stated.
        protocol: Name of the protocol under which most papers report on it.
        train_on: Ids of the datasets to train on for its test set, the usual one first.
        notes: Other things to know.
        sources: Where this information comes from.

    Example:
        >>> from restorekit.catalog import get_dataset
        >>> dataset = get_dataset("rain200h")
        >>> dataset.id, dataset.protocol
        ('rain200h', 'matlab_y_u8')
    """

    name: Text
    version: str = ""
    title: Text
    folder: str = ""
    splits: Annotated[dict[SplitName, Split], Meta(min_length=1)]
    distributions: tuple[Distribution, ...] = ()
    fingerprints: tuple[KnownFingerprint, ...] = ()
    lists: dict[Text, NameList] = {}
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
            versions = self.splits[known.split].versions if known.split in self.splits else ()
            expected = [one.pairs for one in versions if one.version == known.version]
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
        """How to get and prepare it, in one clause."""
        where = f" is offered at {self.get[0]}" if self.get else ""
        return (
            f"{self.title}{where}; `restorekit data prepare {self.id} --src FOLDER` makes "
            f"data/{self.folder} of any copy of it"
        )


def joined(name: str, version: str) -> str:
    """Return ``<name>-<version>``, or the name alone."""
    return "-".join(filter(None, [name, version]))

"""What the catalog knows of a dataset, as values that cannot be changed.

Sizes are (width, height) and stand for either orientation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Size = tuple[int, int]


@dataclass(frozen=True)
class Layout:
    """How the images of a split lie in its folder; exactly one kind is set.

    Attributes:
        name: Its key in ``layouts.yml``.
        about: Whose it is.
        lq: Folder of the rainy images, or with ``{id}`` in it their files.
        gt: The same of the clean images.
        side_by_side: Side of the rainy image in files that hold both: ``left`` or ``right``.
        list: Name of the text file that lists the pairs.
        images: Folder of photographs.
    """

    name: str
    about: str
    lq: str = ""
    gt: str = ""
    side_by_side: str = ""
    list: str = ""
    images: str = ""

    def describe(self) -> str:
        """Say in words what lies in the folder."""
        if self.side_by_side:
            return f"files side by side, the rainy image on the {self.side_by_side}"
        if self.list:
            return f"pairs listed in {self.list}"
        return f"{self.lq} and {self.gt}" if self.lq else self.about


@dataclass(frozen=True)
class SplitVersion:
    """What is expected of a split in one version of it.

    Attributes:
        version: Short name, as results files carry it; empty for the dataset's own.
        pairs: Number of pairs (of images, where there are no clean ones).
        sizes: All sizes that occur; empty where they are mixed or not known.
        duplicates: Pairs that are there a second time in the original.
        about: Whose version it is.
    """

    version: str
    pairs: int
    sizes: tuple[Size, ...] = ()
    duplicates: int = 0
    about: str = ""


@dataclass(frozen=True)
class Split:
    """A part of a dataset.

    Attributes:
        name: ``train`` or ``test``.
        versions: What may be found; the dataset's own version comes first.
        clean: First and last number of its clean images, where all splits may lie in one
            folder and these numbers say which is which.
    """

    name: str
    versions: tuple[SplitVersion, ...]
    clean: tuple[int, int] | None = None

    @property
    def pairs(self) -> int:
        """Number of pairs of the dataset's own version."""
        return self.versions[0].pairs


@dataclass(frozen=True)
class Place:
    """Where a distribution keeps a split.

    Attributes:
        layouts: What its folder looks like; one of these.
        folders: Ends of the folder's path, such as ``Rain100H``; empty where only
            the name of the split is used.
    """

    layouts: tuple[Layout, ...]
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Distribution:
    """A form in which people hold a dataset.

    Attributes:
        name: Whose it is.
        places: By split.
        source: Where this is known from.
    """

    name: str
    places: Mapping[str, Place]
    source: str


@dataclass(frozen=True)
class KnownFingerprint:
    """A fingerprint that was computed of complete data.

    Attributes:
        split: Of which split.
        version: Of which version of it; empty where there is only one.
        pairs: Number of pairs.
        sha256: :func:`restorekit.io.fingerprint.dataset_fingerprint` of them.
        source: The files that it was computed of.
    """

    split: str
    version: str
    pairs: int
    sha256: str
    source: str


@dataclass(frozen=True)
class KnownDataset:
    """One dataset in one version.

    Attributes:
        id: ``<name>-<version>``, or the name alone; the name of its file.
        name: What results files call it.
        version: Which version, where there are several.
        title: What people call it.
        folder: Folder below ``data/`` that configs read it from.
        splits: By name.
        distributions: The forms in which people hold it.
        fingerprints: Those that are known.
        aliases: Other names; one that several datasets have stands for none of them.
        paired: Whether there are clean images.
        format: Format of the files that the authors hand out, where it is one: ``PNG``, ``JPEG``.
        paper: Where it was introduced.
        get: Addresses where it is, or was, offered.
        licence: Terms of use, where they are stated.
        protocol: Name of the protocol that most papers report on it.
        train_on: Ids of the datasets to train on for its test set, the usual one first.
        notes: What else one should know.
        sources: Where all this is known from.
    """

    id: str
    name: str
    version: str
    title: str
    folder: str
    splits: Mapping[str, Split]
    distributions: tuple[Distribution, ...] = ()
    fingerprints: tuple[KnownFingerprint, ...] = ()
    aliases: tuple[str, ...] = ()
    paired: bool = True
    format: str = ""
    paper: str = ""
    get: tuple[str, ...] = ()
    licence: str = ""
    protocol: str = ""
    train_on: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def hint(self) -> str:
        """How to get it and make it ready, in one clause."""
        where = f" is offered at {self.get[0]}" if self.get else ""
        return (
            f"{self.title}{where}; `restorekit data prepare {self.id} --src FOLDER` makes "
            f"data/{self.folder} of any copy of it"
        )

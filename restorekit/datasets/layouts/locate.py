"""Find the pairs or the images of a dataset on disk: an LMDB, folders, or files side by side."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from restorekit.catalog import get_dataset
from restorekit.datasets.lmdb.basicsr import BasicSRImages, is_basicsr_lmdb
from restorekit.datasets.lmdb.format import is_lmdb
from restorekit.datasets.lmdb.reader import LmdbPairs
from restorekit.datasets.readers.listing import list_images, listed_once
from restorekit.datasets.readers.pairing import AUTO
from restorekit.datasets.readers.pairs import (
    MatchedPairs,
    PairReader,
    Side,
    SideBySidePairs,
    SingleImages,
)
from restorekit.datasets.readers.selection import Names, Subset, select
from restorekit.datasets.readers.sources import FolderImages, ImageSource
from restorekit.errors import ConfigError, DataError, did_you_mean

from .find_splits import find_splits, splits_named
from .recognise import recognise
from .versions import require_version

#: How pairs are stored; ``auto`` takes what is there.
Layout = Literal["auto", "lmdb", "folders", "side_by_side"]
LAYOUTS = ("auto", "lmdb", "folders", "side_by_side")
SIDES = ("left", "right")


@dataclass(frozen=True)
class PairSource:
    """Where the pairs of a split are and how they belong together.

    :meth:`open` looks, in this order, for:

    1. an LMDB written by restorekit: ``data_root`` itself, ``<data_root>/<split>.lmdb``,
       ``<data_root>/<split>``;
    2. folders ``lq`` and ``gt`` in ``<data_root>/<split>``, then in ``data_root``. Each may also
       be an LMDB written by BasicSR, and be named ``lq.lmdb`` and ``gt.lmdb``;
    3. with ``layout`` and ``pairing`` left at ``auto``, the layouts that
       :mod:`restorekit.datasets.layouts.recognise` knows: those of the dataset ``catalog`` below
       ``data_root``, then any known layout in ``<data_root>/<split>`` and ``data_root``. Files
       side by side are recognised only if several of them leave no doubt.

    Attributes:
        data_root: Folder of the dataset, or an LMDB.
        split: ``train``, ``test``, …, where the dataset has several.
        pairing: Rule that pairs names; see :func:`restorekit.datasets.match_names`. ``auto`` is
            ``same`` where any names are the same, and otherwise the first obvious rule.
        layout: ``auto`` looks for all of the above, ``lmdb`` and ``folders`` for one kind,
            ``side_by_side`` for files with both images in ``<data_root>/<split>`` or
            ``data_root``.
        lq_side: Side of the rainy image in such files.
        lq_folder: Name of the folder of rainy images.
        gt_folder: Name of the folder of clean images.
        catalog: The dataset's name in the catalog, if it has one: its layouts are tried first,
            and the catalog says how to get it.
        hint: How to get or make the dataset, for the message where nothing is found; by default
            what the catalog says.
        ann_file: Names of the pairs to keep: a text file with one name per line, the name of a
            list of the catalog, or a list of names; by default all pairs.
        exclude: Names of pairs to leave out, given likewise.
        subset: The training or the validation part of the split, as
            :class:`~restorekit.datasets.Subset` or a dict of its fields; by default all.

    Example:
        >>> PairSource("data/mine", "test", exclude=["001"]).open().names
        ['000']
    """

    data_root: str | os.PathLike[str]
    split: str | None = None
    pairing: str = AUTO
    layout: Layout = "auto"
    lq_side: Side = "right"
    lq_folder: str = "lq"
    gt_folder: str = "gt"
    catalog: str | None = None
    hint: str = ""
    ann_file: Names = None
    exclude: Names = None
    subset: Subset | Mapping[str, Any] | None = None

    def open(self) -> PairReader:
        """Find the pairs.

        Raises:
            ConfigError: If ``layout``, ``lq_side``, ``pairing`` or ``subset`` has no such value.
            UnknownNameError: If the catalog has no dataset ``catalog``.
            DataError: If nothing is found, what is found cannot be read or is another version of
                the dataset ``catalog``, or a list names pairs that are not there.
        """
        _require_known("layout", self.layout, LAYOUTS)
        _require_known("lq_side", self.lq_side, SIDES)
        subset = _subset(self.split, self.subset)
        with listed_once():
            found = self._find()
            if self.catalog is not None and self.split is not None:
                root = Path(self.data_root).expanduser()
                require_version(root, get_dataset(self.catalog), self.split, len(found))
            return select(found, self.ann_file, self.exclude, subset)

    def _find(self) -> PairReader:
        root = Path(self.data_root).expanduser()
        tried: list[str] = []
        if self.layout in {"auto", "lmdb"}:
            found = _find_lmdb(root, self.split, tried)
            if found is not None and found.file_layout == "single":
                raise DataError(
                    f"The LMDB {found.location} holds images without clean versions: use "
                    "UnpairedDataset for them."
                )
            if found is not None:
                return found
        if self.layout in {"auto", "folders"}:
            for folder in _folders(root, self.split):
                lq = _image_source(folder / self.lq_folder, tried)
                gt = _image_source(folder / self.gt_folder, tried)
                if lq is not None and gt is not None:
                    return MatchedPairs(lq, gt, self.pairing)
        if self.layout == "side_by_side":
            images = _find_images(root, self.split, tried)
            if images is not None:
                return SideBySidePairs(images, self.lq_side)
        elif self.layout == "auto" and self.pairing == AUTO:
            known = _recognised(root, self.split, self.catalog, tried)
            if known is not None:
                return known
        hint = self.hint
        if self.layout != "side_by_side":
            hint = _side_by_side_hint(_folders(root, self.split)) or hint
        raise DataError(_nothing_found("pairs", root, tried, hint, self.catalog))


def open_pairs(
    data_root: str | os.PathLike[str], split: str | None = None, **options: Any
) -> PairReader:
    """Find the pairs of a split; the options are those of :class:`PairSource`.

    Example:
        >>> pairs = open_pairs("data/mine", "train")
        >>> rainy, clean = pairs.read(0)  # uint8 (H, W, 3), RGB
        >>> len(pairs), rainy.shape
        (4, (96, 128, 3))
    """
    return PairSource(data_root, split, **options).open()


def open_images(
    data_root: str | os.PathLike[str],
    split: str | None = None,
    *,
    catalog: str | None = None,
    hint: str = "",
    ann_file: Names = None,
    exclude: Names = None,
    subset: Subset | Mapping[str, Any] | None = None,
) -> PairReader:
    """Find images without regard to pairs: an LMDB, or the files in a folder.

    It looks for an LMDB as :class:`PairSource` does, then for images in and below
    ``<data_root>/<split>``, then in ``data_root``.

    Args:
        data_root: Folder of the dataset, or an LMDB.
        split: Name of a folder in it, or of an LMDB without its suffix.
        catalog: The dataset's name in the catalog, if it has one.
        hint: How to get the dataset; by default what the catalog says.
        ann_file: Names of the images to keep: a text file, the name of a list of the catalog, or
            a list; by default all.
        exclude: Names of images to leave out, given likewise.
        subset: The training or the validation part, as :class:`PairSource` has it.

    Raises:
        ConfigError: If ``subset`` has no such value.
        DataError: If nothing is found, what is found cannot be read, or a list names images
            that are not there.

    Example:
        >>> open_images("data/mine/train/gt").names
        ['000', '001', '002', '003']
    """
    part = _subset(split, subset)
    root = Path(data_root).expanduser()
    tried: list[str] = []
    found = _find_lmdb(root, split, tried)
    if found is None:
        images = _find_images(root, split, tried)
        if images is None:
            raise DataError(_nothing_found("images", root, tried, hint, catalog))
        found = SingleImages(images)
    return select(found, ann_file, exclude, part)


def _subset(split: str | None, subset: Subset | Mapping[str, Any] | None) -> Subset | None:
    """Return the part that is asked for; None if the split is one that it does not divide."""
    part = None if subset is None else Subset.from_config(subset)
    return part if part is not None and split in (None, part.of) else None


def _recognised(
    root: Path, split: str | None, catalog: str | None, tried: list[str]
) -> PairReader | None:
    if catalog is not None and split is not None:
        found = find_splits(root, get_dataset(catalog)).get(split)
        if found is not None:
            return found.reader
    for folder in _folders(root, split):
        named = splits_named(folder) if folder == root and folder.is_dir() else set()
        if split is not None and named and split not in named:
            # PReNet's Rain100H is a test set and must not be trained on by mistake.
            tried.append(f"{folder} (whose name says {' or '.join(sorted(named))}, not {split})")
            continue
        one = recognise(folder)
        if one is not None:
            return one.reader
    tried.append("any other layout that the catalog knows")
    return None


def _require_known(key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(
            f"{key}={value!r} is not known.{did_you_mean(value, known)} Use one of "
            f"{', '.join(map(repr, known))}."
        )


def _folders(root: Path, split: str | None) -> list[Path]:
    return [root] if split is None else [root / split, root]


def _find_lmdb(root: Path, split: str | None, tried: list[str]) -> PairReader | None:
    folders = [root] if split is None else [root, root / f"{split}.lmdb", root / split]
    for folder in folders:
        if is_lmdb(folder) and not is_basicsr_lmdb(folder):
            return LmdbPairs(folder)
        if folder.suffix == ".lmdb":
            tried.append(str(folder))
    return None


def _find_images(root: Path, split: str | None, tried: list[str]) -> ImageSource | None:
    for folder in _folders(root, split):
        if is_basicsr_lmdb(folder):
            return BasicSRImages(folder)
        # Other splits may lie below the root: only files in the root itself count there.
        below = split is None or folder != root
        if folder.is_dir() and (below or list_images(folder, recursive=False)):
            return FolderImages(folder)
        tried.append(str(folder))
    return None


def _image_source(folder: Path, tried: list[str]) -> ImageSource | None:
    for path in (folder, folder.with_name(f"{folder.name}.lmdb")):
        if is_basicsr_lmdb(path):
            return BasicSRImages(path)
        if path.is_dir():
            return FolderImages(path)
    tried.append(str(folder))
    return None


def _side_by_side_hint(folders: list[Path]) -> str:
    for folder in folders:
        if folder.is_dir() and list_images(folder, recursive=False):
            return (
                f"there are images in {folder}: if each of them shows a rainy and a clean image "
                "side by side, set layout='side_by_side'"
            )
    return ""


def _nothing_found(what: str, root: Path, tried: list[str], hint: str, catalog: str | None) -> str:
    if not hint and catalog is not None:
        hint = get_dataset(catalog).hint
    remedy = hint.strip() or "put the data there or give its folder as data_root"
    return f"{root} holds no {what}: looked for {', '.join(tried)}; {remedy.rstrip('.')}."

"""Recognising what lies in a folder: an LMDB, folders of pairs, files side by side, photographs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from restorekit.catalog import get_dataset
from restorekit.datasets.lmdb.basicsr import BasicSRImages, is_basicsr_lmdb
from restorekit.datasets.lmdb.format import is_lmdb
from restorekit.datasets.lmdb.reader import LmdbPairs
from restorekit.datasets.readers.listing import list_images
from restorekit.datasets.readers.pairing import AUTO
from restorekit.datasets.readers.pairs import (
    MatchedPairs,
    PairReader,
    Side,
    SideBySidePairs,
    SingleImages,
)
from restorekit.datasets.readers.sources import FolderImages, ImageSource
from restorekit.errors import ConfigError, DataError, did_you_mean

from .find_splits import find_splits, splits_named
from .recognise import recognise

#: How pairs may lie on disk; ``auto`` takes what is there.
Layout = Literal["auto", "lmdb", "folders", "side_by_side"]
LAYOUTS = ("auto", "lmdb", "folders", "side_by_side")
SIDES = ("left", "right")


def open_pairs(
    root: str | os.PathLike[str],
    split: str | None = None,
    *,
    pairing: str = AUTO,
    layout: Layout = "auto",
    lq_side: Side = "right",
    lq_folder: str = "lq",
    gt_folder: str = "gt",
    catalog: str | None = None,
    hint: str = "",
) -> PairReader:
    """Find the pairs of a split.

    What is looked for, in this order:

    1. an LMDB of ours: ``root`` itself, ``<root>/<split>.lmdb``, ``<root>/<split>``;
    2. folders ``lq`` and ``gt`` in ``<root>/<split>``, then in ``root``. Each of them may
       also be an LMDB of BasicSR's, and be called ``lq.lmdb`` and ``gt.lmdb``;
    3. with ``layout`` and ``pairing`` left to ``auto``, what
       :mod:`restorekit.datasets.layouts.recognise` knows: below ``root`` the
       folders that the distributions of the dataset ``catalog`` have; then any known layout in
       ``<root>/<split>`` and ``root``. Files side by side are taken for pairs only if their look
       leaves no doubt.

    Args:
        root: Folder of the dataset.
        split: ``train``, ``test``, …, where it has several.
        pairing: Rule by which names belong together; see
            :func:`restorekit.datasets.readers.pairing.match_names`. ``auto`` finds an obvious one.
        layout: ``auto`` looks for all of the above, ``lmdb`` and ``folders`` for one kind,
            ``side_by_side`` for files with both images in ``<root>/<split>`` or ``root``.
        lq_side: On which side of such a file the rainy image is.
        lq_folder: Name of the folder of rainy images.
        gt_folder: Name of the folder of clean images.
        catalog: Which dataset of the catalog it is, where it is one.
        hint: What to say where nothing is found: how to get or make this dataset. By default
            what the catalog says.

    Raises:
        ConfigError: If ``layout``, ``lq_side`` or ``pairing`` has no such value.
        UnknownNameError: If ``catalog`` has no such dataset.
        DataError: If nothing is there, or what is there cannot be read.
    """
    _known("layout", layout, LAYOUTS)
    _known("lq_side", lq_side, SIDES)
    folder = Path(root).expanduser()
    looked_at: list[str] = []
    if layout in {"auto", "lmdb"}:
        found = _find_lmdb(folder, split, looked_at)
        if found is not None and found.file_layout == "single":
            raise DataError(
                f"The LMDB {found.location} holds images without clean versions: use "
                "UnpairedDataset for them."
            )
        if found is not None:
            return found
    if layout in {"auto", "folders"}:
        for place in _places(folder, split):
            lq = _image_source(place / lq_folder, looked_at)
            gt = _image_source(place / gt_folder, looked_at)
            if lq is not None and gt is not None:
                return MatchedPairs(lq, gt, pairing)
    if layout == "side_by_side":
        images = _find_images(folder, split, looked_at)
        if images is not None:
            return SideBySidePairs(images, lq_side)
    elif layout == "auto" and pairing == AUTO:
        known = _recognised(folder, split, catalog, looked_at)
        if known is not None:
            return known
    if layout != "side_by_side":
        hint = _side_by_side_hint(_places(folder, split)) or hint
    raise DataError(_nothing_found("pairs", folder, looked_at, hint, catalog))


def open_images(
    root: str | os.PathLike[str],
    split: str | None = None,
    *,
    catalog: str | None = None,
    hint: str = "",
) -> PairReader:
    """Find images without regard to pairs: an LMDB, or the files in a folder.

    Looked at: an LMDB as in :func:`open_pairs`, then images in ``<root>/<split>`` and below,
    then in ``root``.

    Raises:
        DataError: If nothing is there, or what is there cannot be read.
    """
    folder = Path(root).expanduser()
    looked_at: list[str] = []
    found = _find_lmdb(folder, split, looked_at)
    if found is not None:
        return found
    images = _find_images(folder, split, looked_at)
    if images is not None:
        return SingleImages(images)
    raise DataError(_nothing_found("images", folder, looked_at, hint, catalog))


def _recognised(
    root: Path, split: str | None, catalog: str | None, looked_at: list[str]
) -> PairReader | None:
    if catalog is not None and split is not None:
        found = find_splits(root, get_dataset(catalog)).get(split)
        if found is not None:
            return found.reader
    for place in _places(root, split):
        named = splits_named(place) if place == root and place.is_dir() else set()
        if split is not None and named and split not in named:
            # PReNet's Rain100H is a test set, and must not be trained on by mistake.
            looked_at.append(f"{place} (whose name says {' or '.join(sorted(named))}, not {split})")
            continue
        one = recognise(place)
        if one is not None:
            return one.reader
    looked_at.append("any other layout that the catalog knows")
    return None


def _known(key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(
            f"{key}={value!r} is not known.{did_you_mean(value, known)} Use one of "
            f"{', '.join(map(repr, known))}."
        )


def _places(root: Path, split: str | None) -> list[Path]:
    return [root] if split is None else [root / split, root]


def _find_lmdb(root: Path, split: str | None, looked_at: list[str]) -> PairReader | None:
    places = [root] if split is None else [root, root / f"{split}.lmdb", root / split]
    for place in places:
        if is_lmdb(place) and not is_basicsr_lmdb(place):
            return LmdbPairs(place)
        if place.suffix == ".lmdb":
            looked_at.append(str(place))
    return None


def _find_images(root: Path, split: str | None, looked_at: list[str]) -> ImageSource | None:
    for place in _places(root, split):
        if is_basicsr_lmdb(place):
            return BasicSRImages(place)
        # Other splits may lie below the root: only files in the root itself count there.
        below = split is None or place != root
        if place.is_dir() and (below or list_images(place, recursive=False)):
            return FolderImages(place)
        looked_at.append(str(place))
    return None


def _image_source(folder: Path, looked_at: list[str]) -> ImageSource | None:
    for place in (folder, folder.with_name(f"{folder.name}.lmdb")):
        if is_basicsr_lmdb(place):
            return BasicSRImages(place)
        if place.is_dir():
            return FolderImages(place)
    looked_at.append(str(folder))
    return None


def _side_by_side_hint(places: list[Path]) -> str:
    for place in places:
        if place.is_dir() and list_images(place, recursive=False):
            return (
                f"there are images in {place}: if each of them is a rainy and a clean one beside "
                "each other, say so with layout='side_by_side'"
            )
    return ""


def _nothing_found(
    what: str, root: Path, looked_at: list[str], hint: str, catalog: str | None
) -> str:
    if not hint and catalog is not None:
        hint = get_dataset(catalog).hint
    remedy = hint.strip() or "put the data there or give the folder it lies in (data_root)"
    places = ", ".join(looked_at)
    return f"{root} holds no {what}: looked for {places}; {remedy.rstrip('.')}."

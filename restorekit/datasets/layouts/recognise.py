"""Recognise the layout of one folder: the only module that knows all the layouts of pairs.

The layouts are those of ``catalog/data/layouts.yml``. Preparing a dataset and reading it in place
both use this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from restorekit.catalog import Layout, all_layouts
from restorekit.datasets.lmdb.basicsr import is_basicsr_lmdb
from restorekit.datasets.lmdb.format import is_lmdb
from restorekit.datasets.lmdb.reader import LmdbPairs
from restorekit.datasets.readers.listed_pairs import ListedPairs
from restorekit.datasets.readers.listing import (
    has_images,
    list_images,
    listed_once,
    without_suffix,
)
from restorekit.datasets.readers.pairs import (
    MatchedPairs,
    PairReader,
    Side,
    SideBySidePairs,
    SingleImages,
)
from restorekit.datasets.readers.sources import FileImages, FolderImages
from restorekit.errors import DataError

from .side_by_side import look_at_halves

LMDB = Layout(name="lmdb", about="an LMDB of restorekit")


@dataclass(frozen=True)
class Recognised:
    """The content of a folder.

    Attributes:
        folder: The folder.
        layout: Its layout.
        reader: The pairs, or images.
    """

    folder: Path
    layout: Layout
    reader: PairReader

    def __str__(self) -> str:
        what = "images" if self.reader.file_layout == "single" else "pairs"
        return f"{len(self.reader):,} {what} in {self.folder} ({self.layout.describe()})"


def recognise(folder: Path, layouts: Iterable[Layout] | None = None) -> Recognised | None:
    """Return the pairs of a folder in whatever layout, or None if there are none.

    Files side by side are recognised only where they leave no doubt; see
    :mod:`restorekit.datasets.layouts.side_by_side`.

    Args:
        folder: A folder.
        layouts: Layouts to look for; by default all.

    Raises:
        DataError: If the folder fits several layouts, or cannot be read.
    """
    if is_lmdb(folder) and not is_basicsr_lmdb(folder):
        return Recognised(folder, LMDB, LmdbPairs(folder))
    wanted = list(all_layouts().values() if layouts is None else layouts)
    in_folders = [layout for layout in wanted if layout.lq or layout.list]
    with listed_once():
        found = fitting(folder, in_folders)
        if not found:
            found = fitting(folder, [layout for layout in wanted if layout.side_by_side])
    return only_one(found)


def fitting(folder: Path, layouts: Iterable[Layout], known: bool = False) -> list[Recognised]:
    """Return what each layout finds in a folder.

    Args:
        folder: A folder.
        layouts: The layouts.
        known: Whether the folder is known to be part of a distribution, whose layout then
            decides about the side of the rain where the images do not.
    """
    readers = ((layout, _fit(layout, folder, known)) for layout in layouts)
    return [Recognised(folder, layout, reader) for layout, reader in readers if reader]


def only_one(found: list[Recognised]) -> Recognised | None:
    """Return the only result, or None if there is none.

    Raises:
        DataError: If results differ in their images.
    """
    distinct = {(str(one.reader.paths(0)), len(one.reader)): one for one in reversed(found)}
    if len(distinct) > 1:
        answers = " and ".join(str(one) for one in list(distinct.values())[:3])
        raise DataError(
            f"{found[0].folder} can be read in several ways, as {answers}: give the folder of one "
            "of them, or remove the others."
        )
    return found[0] if found else None


def _fit(layout: Layout, folder: Path, known: bool) -> PairReader | None:
    fit: Callable[[Layout, Path], PairReader | None]
    if layout.side_by_side:
        return _fit_side_by_side(layout, folder, known)
    if layout.list:
        fit = _fit_list
    elif layout.images:
        fit = _fit_images
    else:
        parts = layout.shared_parts(layout.lq)
        fit = _fit_paths if len(parts) > 1 else _fit_files if parts else _fit_folders
    reader = fit(layout, folder)
    return reader if reader is not None and len(reader) else None


def _fit_folders(layout: Layout, folder: Path) -> PairReader | None:
    lq, gt = folder / layout.lq, folder / layout.gt
    if not all(side.is_dir() and has_images(side) for side in (lq, gt)):
        return None
    return MatchedPairs(FolderImages(lq), FolderImages(gt))


def _fit_files(layout: Layout, folder: Path) -> PairReader | None:
    lq, gt = (_files_called(folder, template) for template in (layout.lq, layout.gt))
    return MatchedPairs(lq, gt) if lq is not None and gt is not None else None


def _files_called(folder: Path, template: str) -> FileImages | None:
    subfolder, _, name = template.rpartition("/")
    parent = folder / subfolder
    pattern = re.compile(re.escape(name).replace(r"\{id\}", ".+"), re.IGNORECASE)
    files = list_images(parent, recursive=False) if parent.is_dir() else []
    kept = [file for file in files if pattern.fullmatch(without_suffix(file))]
    return FileImages(parent, kept) if kept else None


def _fit_paths(layout: Layout, folder: Path) -> PairReader | None:
    if not folder.is_dir():
        return None
    lq, gt = (_paths_called(folder, template) for template in (layout.lq, layout.gt))
    return MatchedPairs(lq, gt, "same") if lq is not None and gt is not None else None


def _paths_called(folder: Path, template: str) -> FileImages | None:
    """Return the images below a folder that fit a template; what they share is their name."""
    # Odd pieces are the names in braces.
    pieces = re.split(r"\{(\w+)\}", template)
    pattern = re.compile(
        "".join(f"(?P<{one}>[^/]+?)" if i % 2 else re.escape(one) for i, one in enumerate(pieces)),
        re.IGNORECASE,
    )
    parts = pieces[1::2]
    named = [(file, pattern.fullmatch(without_suffix(file))) for file in list_images(folder)]
    kept = {file: "/".join(found[part] for part in parts) for file, found in named if found}
    return FileImages(folder, list(kept), list(kept.values())) if kept else None


def _fit_list(layout: Layout, folder: Path) -> PairReader | None:
    file = folder / layout.list
    return ListedPairs(file) if file.is_file() else None


def _fit_images(layout: Layout, folder: Path) -> PairReader | None:
    images = folder / layout.images
    if not images.is_dir() or not list_images(images, recursive=False):
        return None
    return SingleImages(FolderImages(images))


def _fit_side_by_side(layout: Layout, folder: Path, known: bool) -> PairReader | None:
    # Folders below may be other splits, except in a folder that is known.
    files = list_images(folder, recursive=known) if folder.is_dir() else []
    if not files:
        return None
    images = FileImages(folder, files)
    halves = look_at_halves(images)
    declared: Side = "left" if layout.side_by_side == "left" else "right"
    beyond_doubt = halves.pairs is True and halves.rain == declared
    believable = known and halves.pairs is not False and halves.rain in {None, declared}
    return SideBySidePairs(images, declared) if beyond_doubt or believable else None

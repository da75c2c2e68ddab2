"""Find the splits of a known dataset below a folder, in whatever layout."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from restorekit.catalog import KnownDataset, all_datasets, all_layouts, get_layout
from restorekit.datasets.readers.pairs import PairReader
from restorekit.errors import DataError

from .recognise import Recognised, fitting, only_one, recognise

_DEPTH = 4
#: Names of a split's folder where it is not named after the dataset.
SPLIT_FOLDERS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}


@dataclass(frozen=True)
class FoundSplit:
    """A split of a dataset, found on disk.

    Attributes:
        split: Its name.
        found: Its folder, layout and reader.
        distribution: Distribution that has this layout; empty if that is not known.
    """

    split: str
    found: Recognised
    distribution: str = ""

    @property
    def reader(self) -> PairReader:
        return self.found.reader

    def __str__(self) -> str:
        whose = f", the layout of {self.distribution}" if self.distribution else ""
        return f"{self.split}: {self.found}{whose}"


def find_splits(
    root: Path, dataset: KnownDataset, split: str | None = None
) -> dict[str, FoundSplit]:
    """Return the splits of a dataset found at or below ``root``.

    For each split it tries the folder names of the known distributions, such as ``RainTrainH``,
    down to four levels; then folders named after the split, and ``<split>.lmdb``. Where none of
    these exists, ``root`` itself may be one split: the only one, or the one with that number of
    images.

    Args:
        root: A folder.
        dataset: The dataset.
        split: Which split ``root`` is, if it is a single one; nothing else is then tried.

    Raises:
        DataError: If there are several answers, or what is found cannot be read.
    """
    if split is not None:
        found = _here(root, dataset)
        return {} if found is None else {split: FoundSplit(split, found)}
    folders = list(_folders(root, _DEPTH))
    splits = {}
    for name in dataset.splits:
        one = _by_distribution(folders, dataset, name) or _by_split_name(root, dataset, name)
        if one is not None:
            splits[name] = one
    if not splits:
        splits = _root_itself(root, dataset)
    return {name: _own_images(one, dataset) for name, one in splits.items()}


def splits_named(folder: Path) -> set[str]:
    """Return the splits that known distributions keep in folders of this name."""
    return {
        split
        for dataset in all_datasets().values()
        for distribution in dataset.distributions
        for split, location in distribution.splits.items()
        if any(_is_called(folder, name) for name in location.folders)
    }


def _by_distribution(
    folders: Sequence[Path], dataset: KnownDataset, split: str
) -> FoundSplit | None:
    answers = []
    for distribution in dataset.distributions:
        location = distribution.splits.get(split)
        if location is None:
            continue
        for folder in folders:
            if any(_is_called(folder, name) for name in location.folders):
                found = fitting(folder, map(get_layout, location.layouts), known=True)
                answers += [FoundSplit(split, one, distribution.name) for one in found]
    chosen = only_one([answer.found for answer in answers])
    return next((answer for answer in answers if answer.found is chosen), None)


def _by_split_name(root: Path, dataset: KnownDataset, split: str) -> FoundSplit | None:
    names = [*SPLIT_FOLDERS[split], f"{split}.lmdb"]
    found = [_here(root / name, dataset) for name in names if (root / name).is_dir()]
    one = only_one([answer for answer in found if answer is not None])
    return None if one is None else FoundSplit(split, one, _whose(one, dataset, split))


def _root_itself(root: Path, dataset: KnownDataset) -> dict[str, FoundSplit]:
    found = _here(root, dataset)
    if found is None:
        return {}
    count = len(found.reader)
    ranges = {name: split for name, split in dataset.splits.items() if split.clean is not None}
    if ranges and count == sum(split.pairs for split in ranges.values()):
        return {name: FoundSplit(name, found) for name in ranges}
    fitting_count = [
        name
        for name, split in dataset.splits.items()
        if len(dataset.splits) == 1 or count in {version.pairs for version in split.versions}
    ]
    named = [name for name in dataset.splits if _within(root, SPLIT_FOLDERS[name])]
    for names in (fitting_count, named):
        if len(names) == 1:
            return {names[0]: FoundSplit(names[0], found, _whose(found, dataset, names[0]))}
    expected = ", ".join(f"{name} {split.pairs:,}" for name, split in dataset.splits.items())
    raise DataError(
        f"{found} could be any split of {dataset.id} ({expected}): name it with --split, or put it "
        f"into a folder {' or '.join(dataset.splits)}."
    )


def _here(folder: Path, dataset: KnownDataset) -> Recognised | None:
    if dataset.paired:
        return recognise(folder)
    photographs = [layout for layout in all_layouts().values() if layout.images]
    return recognise(folder, ()) or only_one(fitting(folder, photographs))


def _own_images(one: FoundSplit, dataset: KnownDataset) -> FoundSplit:
    """Leave out images that belong to another split by the number of their clean image."""
    split = dataset.splits[one.split]
    if split.clean is None or len(one.reader) <= split.pairs:
        return one
    first, last = split.clean
    kept = []
    for index in range(len(one.reader)):
        paths = one.reader.paths(index)
        number = paths[-1].stem if paths else ""
        if number.isdigit() and first <= int(number) <= last:
            kept.append(index)
    return replace(one, found=replace(one.found, reader=one.reader.subset(kept)))


def _whose(found: Recognised, dataset: KnownDataset, split: str) -> str:
    """Return the distributions that keep this split in this layout."""
    names = [
        distribution.name
        for distribution in dataset.distributions
        if split in distribution.splits and found.layout.name in distribution.splits[split].layouts
    ]
    return names[0] if len(names) == 1 else ""


def _folders(root: Path, depth: int) -> Iterator[Path]:
    if not root.is_dir():
        return
    yield root
    if depth == 0:
        return
    with os.scandir(root) as entries:
        below = sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))
    for name in below:
        yield from _folders(root / name, depth - 1)


def _is_called(folder: Path, name: str) -> bool:
    wanted = name.lower().split("/")
    return [part.lower() for part in folder.absolute().parts[-len(wanted) :]] == wanted


def _within(folder: Path, names: Sequence[str]) -> bool:
    return any(part.lower() in names for part in folder.absolute().parts[-2:])

"""Notice that a folder holds another version of a dataset, by the number of its pairs."""

from __future__ import annotations

import logging
from pathlib import Path

from mmengine.logging import print_log

from restorekit.catalog import KnownDataset, all_datasets
from restorekit.errors import DataError

from .find_splits import find_splits


def require_version(root: Path, dataset: KnownDataset, split: str, count: int) -> None:
    """Refuse a folder that is named after a dataset and holds another version of it.

    In a folder of any other name, where images of your own may happen to have that number, it is a
    warning. Versions may have equally many training pairs, as those of Rain100H do: before a
    training the test pairs beside them are counted too.

    Args:
        root: The folder of the dataset.
        dataset: The dataset that is meant.
        split: The split that was found in ``root``.
        count: Its number of pairs.

    Raises:
        DataError: If ``root`` has the name of the dataset's folder and another version's number.
    """
    if split == "train" and root.name == dataset.folder and _namesakes(dataset):
        try:
            test = find_splits(root, dataset).get("test")
        except DataError:  # Testing reports what is wrong there.
            test = None
        if test is not None:
            _require(root, dataset, "test", len(test.reader))
    _require(root, dataset, split, count)


def other_version(dataset: KnownDataset, split: str, count: int) -> KnownDataset | None:
    """Return the dataset of the same name with this number of pairs, if ``dataset`` has another.

    Rain100H is such a name: its old version has 100 test pairs (``rain100h-old``), and the later
    one 200 (``rain200h``).

    Args:
        dataset: The dataset that is meant.
        split: A split of it.
        count: Number of pairs that were found.
    """
    expected = _counts(dataset, split)
    if not expected or count in expected:
        return None
    return next((one for one in _namesakes(dataset) if count in _counts(one, split)), None)


def _require(root: Path, dataset: KnownDataset, split: str, count: int) -> None:
    other = other_version(dataset, split, count)
    if other is None:
        return
    expected = " or ".join(f"{number:,}" for number in sorted(_counts(dataset, split)))
    found = (
        f"{root} holds {count:,} {split} pairs, as {other.id} has ({other.title}), and "
        f"{dataset.id} has {expected} ({dataset.title})"
    )
    if root.name == dataset.folder:
        raise DataError(
            f"{found}: move them to data/{other.folder} and take a config for {other.id}, or "
            f"put {dataset.id} here with `restorekit data prepare {dataset.id} --src FOLDER`."
        )
    print_log(
        f"{found}: what is measured on them is not comparable with numbers for {dataset.id}.",
        logger="current",
        level=logging.WARNING,
    )


def _namesakes(dataset: KnownDataset) -> list[KnownDataset]:
    """Return the other datasets that share a name with this one."""
    names = {dataset.name, *dataset.aliases}
    return [
        one
        for one in all_datasets().values()
        if one.id != dataset.id and names & {one.name, *one.aliases}
    ]


def _counts(dataset: KnownDataset, split: str) -> set[int]:
    known = dataset.splits.get(split)
    return set() if known is None else {version.pairs for version in known.versions}

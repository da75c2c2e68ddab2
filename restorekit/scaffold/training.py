"""Write the config of a sensible training on a user's own pairs."""

from __future__ import annotations

import os
from pathlib import Path

from restorekit.datasets import PairReader, checked, open_pairs
from restorekit.errors import DataError
from restorekit.io.files import write_text
from restorekit.io.threads import usable_cores

from .render import render

#: Iterations of a training unless ``--iters`` says otherwise.
DEFAULT_ITERS = 20_000
_FEWEST_PAIRS = 4
#: Largest side of a patch, and the number that sides are multiples of: the network halves patches
#: three times after a stem that halves them once.
_PATCH, _MULTIPLE = 128, 16


def write_training_config(
    data: str | os.PathLike[str], target: Path, iters: int = DEFAULT_ITERS
) -> None:
    """Write a config that trains a small network on the pairs of a folder or an LMDB.

    Some of the pairs are kept for validation. If there is a split ``test``, the config tests on it.

    Args:
        data: What :func:`restorekit.datasets.open_pairs` takes.
        target: The file to write.
        iters: Number of training iterations.

    Raises:
        DataError: If there are no pairs, fewer than four, or images are too small.
        OutputError: If ``target`` cannot be written.
    """
    split = "train"
    try:
        reader = open_pairs(data, split)
    except DataError:
        split = ""
        reader = open_pairs(data)
    if len(reader) < _FEWEST_PAIRS:
        raise DataError(
            f"{reader.location} has {len(reader)} pairs, and a training needs at least "
            f"{_FEWEST_PAIRS}: one of them validates."
        )
    # Checked as the training checks them, which then finds the sizes in the cache.
    smallest = int(checked(reader).known_sizes().min())
    patch = min(_PATCH, smallest // _MULTIPLE * _MULTIPLE)
    if patch == 0:
        raise DataError(
            f"The smallest image of {reader.location} has a side of {smallest} pixels, and a "
            f"training needs {_MULTIPLE}: leave it out."
        )
    values = {
        "data": os.fspath(Path(data).absolute()),
        "split": split,
        "pairs": len(reader),
        "validated": 0.05 if len(reader) >= 40 else 1,
        "patch": patch,
        "workers": min(4, usable_cores() // 2),
        "iters": iters,
        "has_test": bool(split) and _has_test(data, reader),
    }
    write_text(target, render("training.py.jinja", values))


def _has_test(data: str | os.PathLike[str], train: PairReader) -> bool:
    try:
        test = open_pairs(data, "test")
    except DataError:
        return False
    return test.location != train.location

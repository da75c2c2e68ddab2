"""Checks of options that several sub-commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from restorekit.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from restorekit.catalog import KnownDataset


def require_split(dataset: KnownDataset, split: str | None) -> None:
    """Refuse a split that the dataset does not have.

    Raises:
        ConfigError: If ``split`` is given and is none of its splits.
    """
    if split is not None and split not in dataset.splits:
        raise ConfigError(
            f"--split {split}: {dataset.id} has no such split."
            f"{did_you_mean(split, dataset.splits)} It has {', '.join(dataset.splits)}."
        )


def require_workers(workers: int | None) -> None:
    """Refuse a number of threads below one.

    Raises:
        ConfigError: If ``workers`` is given and less than one.
    """
    if workers is not None and workers < 1:
        raise ConfigError(f"--workers {workers}: give at least 1.")

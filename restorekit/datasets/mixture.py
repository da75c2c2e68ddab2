"""Several datasets in one, each with its share."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from restorekit.errors import ConfigError
from restorekit.io.images import Image
from restorekit.registry import DATASETS

from .loading.batches import pack_samples
from .loading.randomness import SampleIndex


@DATASETS.register_module()
class MixtureDataset(Dataset[dict[str, Any]]):
    """A weighted mixture with exact shares in each pass; nothing is left to chance.

    A pass is just long enough for every dataset to be used completely at its weight: with
    weights 1:1, datasets of 1,800 and 100 samples make a pass of 3,600, in which each of the 100
    appears 18 times. A repetition is the same image, but in training (see
    :class:`~restorekit.datasets.ReproducibleSampler`) another crop. Without shuffling, one
    dataset follows the other.

    The names are those of the datasets with the prefix ``<index of the dataset>/`` and, for
    repetitions, the suffix ``#2``, ``#3``, ….

    Args:
        datasets: The datasets, or their configs; each with its own pipeline.
        weights: Shares, relative to each other; by default all are equal.
        metainfo: Facts for reports.

    Raises:
        ConfigError: If there are no datasets, or not one positive weight for each.

    Example:
        >>> from restorekit.datasets import PairedDataset
        >>> train, test = PairedDataset("data/mine", "train"), PairedDataset("data/mine", "test")
        >>> MixtureDataset([train, test], weights=[3, 1]).names
        ['0/000', '0/001', '0/002', '0/003', '0/000#2', '0/001#2', '1/000', '1/001']
    """

    def __init__(
        self,
        datasets: Sequence[Dataset[dict[str, Any]] | dict[str, Any]],
        weights: Sequence[float] | None = None,
        metainfo: Mapping[str, Any] | None = None,
    ) -> None:
        shares = [1.0] * len(datasets) if weights is None else list(weights)
        if not datasets or len(shares) != len(datasets) or not all(w > 0 for w in shares):
            raise ConfigError(
                f"MixtureDataset has {len(datasets)} datasets and weights={weights!r}: give at "
                "least one dataset and a positive weight for each."
            )
        self.datasets: list[Any] = [
            DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
            for dataset in datasets
        ]
        sizes = [len(dataset) for dataset in self.datasets]
        passes = max(size / w for size, w in zip(sizes, shares, strict=True))
        # Rounded before ceil(): 7 / 0.7 * 0.7 is a little more than 7.
        counts = [math.ceil(round(w * passes, 9)) for w in shares]
        self._starts = [0, *itertools.accumulate(counts)]
        self._metainfo = dict(metainfo or {})

    @property
    def metainfo(self) -> dict[str, Any]:
        """The facts of the datasets, and those given as ``metainfo``."""
        parts = [getattr(dataset, "metainfo", None) for dataset in self.datasets]
        return {"num_images": len(self), "datasets": parts, **self._metainfo}

    @property
    def names(self) -> list[str]:
        """Unique names of the samples."""
        return [self._name(i) for i in range(len(self))]

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, index: int) -> dict[str, Any]:
        dataset, inner = self._inner(index)
        return {**dataset[inner], "name": self._name(index), "index": int(index)}

    def __getitems__(self, indices: Sequence[int]) -> Sequence[dict[str, Any]]:
        """Return the samples of a batch, as :class:`~restorekit.datasets.ImageDataset` does."""
        if not self.packs_batches:
            return [self[index] for index in indices]
        return pack_samples(map(self.unpacked, indices), len(indices))

    @property
    def packs_batches(self) -> bool:
        """Whether all datasets pack batches."""
        own = type(self).__getitem__ is not MixtureDataset.__getitem__
        return not own and all(getattr(d, "packs_batches", False) for d in self.datasets)

    def unpacked(self, index: int) -> dict[str, Any]:
        """Return a sample before the last step of its pipeline."""
        dataset, inner = self._inner(index)
        return {**dataset.unpacked(inner), "name": self._name(index), "index": int(index)}

    def _inner(self, index: int) -> tuple[Any, int]:
        """Return the dataset of a sample, and its index there."""
        number, inner, _ = self._find(index)
        return self.datasets[number], index.at(inner) if isinstance(index, SampleIndex) else inner

    def images(self, index: int, rng: np.random.Generator) -> dict[str, Image]:
        """Return ``lq``, and ``gt`` where there is one, before the pipeline of its dataset."""
        number, inner, _ = self._find(index)
        images: dict[str, Image] = self.datasets[number].images(inner, rng)
        return images

    def _find(self, index: int) -> tuple[int, int, int]:
        """Return the number of the dataset, the index in it, and the repetition from 0."""
        if not 0 <= index < len(self):
            raise IndexError(f"sample {int(index)} of {len(self)}")
        number = bisect.bisect_right(self._starts, index) - 1
        repetition, inner = divmod(int(index) - self._starts[number], len(self.datasets[number]))
        return number, inner, repetition

    def _name(self, index: int) -> str:
        number, inner, repetition = self._find(index)
        name = f"{number}/{self.datasets[number].names[inner]}"
        return f"{name}#{repetition + 1}" if repetition else name

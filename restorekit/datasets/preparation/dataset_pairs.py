"""A dataset as a reader of pairs, so that its images can be written to an LMDB."""

from __future__ import annotations

import numpy as np

from restorekit.datasets.base import ImageDataset
from restorekit.datasets.mixture import MixtureDataset
from restorekit.datasets.readers.pairs import PairReader
from restorekit.io.images import Image


class DatasetPairs(PairReader):
    """The images of a dataset before its pipeline.

    Rendered rain depends on the index alone, so it is the same in every run.

    Args:
        dataset: One of restorekit's datasets.
        location: What messages call it.

    Example:
        >>> from restorekit.datasets import SyntheticRainDataset
        >>> rendered = SyntheticRainDataset("data/mine/train/gt", rain="rain100l")
        >>> rainy, clean = DatasetPairs(rendered, "rendered rain").read(0)
        >>> rainy.shape == clean.shape
        True
    """

    def __init__(self, dataset: ImageDataset | MixtureDataset, location: str) -> None:
        self._dataset = dataset
        self.location = location
        self.names = list(dataset.names)
        self._items = list(range(len(self.names)))
        self.file_layout = "pair" if self.read(0)[1] is not None else "single"

    def read(self, index: int) -> tuple[Image, Image | None]:
        item = self._items[index]
        images = self._dataset.images(item, np.random.default_rng(item))
        return images["lq"], images.get("gt")

    def size(self, index: int) -> tuple[int, int]:
        height, width = self.read(index)[0].shape[:2]
        return height, width

    def label(self, index: int) -> str:
        return f"{self.location}[{self.names[index]}]"

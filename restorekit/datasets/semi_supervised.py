"""Pairs, each with a photograph of real rain that has no clean version."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from torch.utils.data import Dataset

from restorekit.io.images import Image
from restorekit.registry import DATASETS

from .base import Pipeline
from .layouts.locate import PairSource
from .loading.randomness import SampleIndex
from .paired import PairedDataset
from .signatures import with_options_of


@DATASETS.register_module()
class SemiSupervisedDataset(Dataset[dict[str, Any]]):
    """A :class:`PairedDataset` whose samples also have ``unlabelled``, a photograph of real rain.

    The photograph is drawn anew for each sample, uniformly from all, as SSIR (CVPR 2019) draws
    its patches. The draw and the photograph's transforms depend only on the seed and the
    sample's position in the run, not on what the pair's own transforms drew. An epoch is one
    pass over the pairs.

    Args:
        data_root: Folder of the pairs, or an LMDB.
        unlabelled: A dataset, or its config, whose samples have ``lq``, such as an
            :class:`~restorekit.datasets.UnpairedDataset`, with its own pipeline.
        split: Split of the pairs.
        pipeline: Transforms of the pairs.
        skip_broken: Leave out pairs that cannot be used, and report how many.
        metainfo: Facts for reports.
        source: Options of :class:`~restorekit.datasets.PairSource` for the pairs.

    Raises:
        DataError: If either dataset has no images, or some that cannot be used.

    Example:
        >>> photographs = dict(type="UnpairedDataset", data_root="data/mine/test/lq")
        >>> both = SemiSupervisedDataset("data/mine", photographs, split="train")
        >>> len(both), both[0]["unlabelled"].shape
        (4, (96, 128, 3))
    """

    @with_options_of(PairSource)
    def __init__(
        self,
        data_root: str | os.PathLike[str],
        unlabelled: Dataset[dict[str, Any]] | dict[str, Any],
        split: str | None = None,
        pipeline: Pipeline = (),
        skip_broken: bool = False,
        metainfo: Mapping[str, Any] | None = None,
        **source: Any,
    ) -> None:
        self.dataset = PairedDataset(data_root, split, pipeline, skip_broken, metainfo, **source)
        self.unlabelled: Any = (
            DATASETS.build(unlabelled) if isinstance(unlabelled, dict) else unlabelled
        )

    @property
    def names(self) -> list[str]:
        """Names of the pairs."""
        return self.dataset.names

    @property
    def metainfo(self) -> dict[str, Any]:
        """Facts about the pairs."""
        return self.dataset.metainfo

    def sizes(self) -> npt.NDArray[np.int32] | None:
        """Return the sizes of the pairs; see :class:`~restorekit.datasets.ImageDataset`."""
        return self.dataset.sizes()

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> dict[str, Any]:
        photograph = self.unlabelled[self._draw(index)]
        return {**self.dataset[index], "unlabelled": photograph["lq"]}

    def images(self, index: int, rng: np.random.Generator) -> dict[str, Image]:
        """Return the pair before its pipeline."""
        return self.dataset.images(index, rng)

    def _draw(self, index: int) -> SampleIndex:
        """Draw the photograph and the seed of its transforms."""
        sample = SampleIndex.of(index)
        # The 2 keeps this stream apart from those of the pair and of the order.
        rng = np.random.default_rng((sample.seed, sample.draw, 2))
        return sample.partner(rng, len(self.unlabelled))

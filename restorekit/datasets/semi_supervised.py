"""Pairs, each with a rainy photograph beside it that has no clean version."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from restorekit.registry import DATASETS

from .base import Pipeline
from .layouts.locate import Layout
from .loading.randomness import SampleIndex
from .paired import PairedDataset
from .readers.pairs import Side


@DATASETS.register_module()
class SemiSupervisedDataset(PairedDataset):
    """A dataset of pairs whose samples also have ``unlabelled``, a photograph of real rain.

    The photograph is drawn anew for each sample, from all with the same chance, as SSIR
    (CVPR 2019) draws its patches. Draw and transforms depend on the seed and the place of
    the sample in the run alone, and not on what the pair's own transforms drew. An epoch
    is one of the pairs.

    Args:
        data_root: The pairs; this and what follows ``unlabelled`` is as
            :class:`~restorekit.datasets.paired.PairedDataset` has it.
        unlabelled: A dataset, or the config of one, whose samples have ``lq``, such as an
            :class:`~restorekit.datasets.unpaired.UnpairedDataset`; with its own pipeline.
        split: Of the pairs, as all below.
        pipeline: Transforms.
        pairing: Rule by which names belong together.
        layout: How they lie.
        lq_side: Where the rainy image is in files with both.
        lq_folder: Name of the folder of rainy images.
        gt_folder: Name of the folder of clean images.
        skip_broken: Leave out pairs that cannot be used.
        catalog: Which dataset of the catalog it is.
        hint: What to say where nothing is found.
        metainfo: Facts for reports.

    Raises:
        DataError: If either has no images or some that cannot be used.
    """

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        unlabelled: Dataset[dict[str, Any]] | dict[str, Any],
        split: str | None = None,
        pipeline: Pipeline = (),
        pairing: str = "auto",
        layout: Layout = "auto",
        lq_side: Side = "right",
        lq_folder: str = "lq",
        gt_folder: str = "gt",
        skip_broken: bool = False,
        catalog: str | None = None,
        hint: str = "",
        metainfo: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            data_root,
            split,
            pipeline,
            pairing,
            layout,
            lq_side,
            lq_folder,
            gt_folder,
            skip_broken,
            catalog,
            hint,
            metainfo,
        )
        self.unlabelled: Any = (
            DATASETS.build(unlabelled) if isinstance(unlabelled, dict) else unlabelled
        )

    def __getitem__(self, index: int) -> dict[str, Any]:
        photograph = self.unlabelled[self._draw(index)]
        return {**super().__getitem__(index), "unlabelled": photograph["lq"]}

    def _draw(self, index: int) -> SampleIndex:
        """Choose the photograph and the seed of its transforms."""
        if isinstance(index, SampleIndex):
            seed, draw = index.seed, index.draw
        else:
            seed, draw = 0, int(index)
        # The 2 keeps this stream apart from those of the pair and of the order.
        rng = np.random.default_rng((seed, draw, 2))
        return SampleIndex(int(rng.integers(len(self.unlabelled))), draw, int(rng.integers(2**32)))

"""Rainy images with their clean versions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from restorekit.io.images import Image
from restorekit.registry import DATASETS

from .base import ImageDataset, Pipeline
from .layouts.locate import PairSource
from .signatures import with_options_of


@DATASETS.register_module()
class PairedDataset(ImageDataset):
    """Pairs from folders, side-by-side files or an LMDB.

    Args:
        data_root: Folder of the dataset, or an LMDB.
        split: ``train``, ``test``, …, where the dataset has several.
        pipeline: Transforms.
        skip_broken: Leave out pairs that cannot be used, and report how many.
        metainfo: Facts for reports, such as the name and version of the dataset.
        source: How the pairs are stored and which of them are used: ``pairing``, ``layout``,
            ``lq_side``, ``lq_folder``, ``gt_folder``, ``catalog``, ``hint``, ``ann_file``,
            ``exclude`` and ``subset`` of :class:`~restorekit.datasets.PairSource`.

    Raises:
        DataError: If nothing is found, or pairs cannot be used and ``skip_broken`` is not set.

    Example:
        >>> crop = dict(type="PairedRandomCrop", patch_size=64)
        >>> pairs = PairedDataset("data/mine", "train", pipeline=[crop, dict(type="PackInputs")])
        >>> len(pairs), pairs[0]["gt"].shape
        (4, torch.Size([3, 64, 64]))
    """

    @with_options_of(PairSource)
    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str | None = None,
        pipeline: Pipeline = (),
        skip_broken: bool = False,
        metainfo: Mapping[str, Any] | None = None,
        **source: Any,
    ) -> None:
        reader = PairSource(data_root, split, **source).open()
        super().__init__(reader, pipeline, skip_broken, metainfo)

    def images(self, index: int, rng: np.random.Generator) -> dict[str, Image]:
        lq, gt = self.reader.read(index)
        return {"lq": lq} if gt is None else {"lq": lq, "gt": gt}

"""Rainy images with their clean versions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from restorekit.io.images import Image
from restorekit.registry import DATASETS

from .base import ImageDataset, Pipeline
from .layouts.locate import Layout, open_pairs
from .readers.pairs import Side


@DATASETS.register_module()
class PairedDataset(ImageDataset):
    """Pairs from folders, files with both images side by side, or an LMDB.

    What lies at ``data_root`` is recognised; see :func:`restorekit.datasets.open_pairs` for
    what is looked for, and for ``layout``, ``lq_side``, ``lq_folder``, ``gt_folder``.

    Args:
        data_root: Folder of the dataset, or an LMDB.
        split: ``train``, ``test``, …, where the dataset has several.
        pipeline: Transforms.
        pairing: Rule by which names belong together: ``same``, ``prefix``, or a template such
            as ``norain-{id}.png``; see :func:`restorekit.datasets.match_names`. ``auto`` is
            ``same`` where any names are the same, and otherwise the obvious rule.
        layout: ``auto`` (whatever is known to be in use), ``lmdb``, ``folders`` or
            ``side_by_side``.
        lq_side: Where the rainy image is in files with both.
        lq_folder: Name of the folder of rainy images.
        gt_folder: Name of the folder of clean images.
        skip_broken: Leave out pairs that cannot be used, and say how many.
        catalog: Which dataset of the catalog it is, where it is one: its layouts are looked
            for first, and it says how to get it.
        hint: What to say instead where nothing is found.
        metainfo: Facts for reports, such as the name and version of the dataset.

    Raises:
        DataError: If nothing is found, or pairs cannot be used and ``skip_broken`` is not set.
    """

    def __init__(
        self,
        data_root: str | os.PathLike[str],
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
        reader = open_pairs(
            data_root,
            split,
            pairing=pairing,
            layout=layout,
            lq_side=lq_side,
            lq_folder=lq_folder,
            gt_folder=gt_folder,
            catalog=catalog,
            hint=hint,
        )
        super().__init__(reader, pipeline, skip_broken, metainfo)

    def images(self, index: int, rng: np.random.Generator) -> dict[str, Image]:
        """Read the pair."""
        lq, gt = self.reader.read(index)
        return {"lq": lq} if gt is None else {"lq": lq, "gt": gt}

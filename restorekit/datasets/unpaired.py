"""Photographs of real rain, which have no clean version."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from restorekit.io.images import Image
from restorekit.registry import DATASETS

from .base import ImageDataset, Pipeline
from .layouts.locate import open_images
from .readers.selection import Names, Subset


@DATASETS.register_module()
class UnpairedDataset(ImageDataset):
    """Rainy images without ground truth, from a folder or an LMDB.

    From an LMDB of pairs only the rainy images are taken.

    Args:
        data_root: Folder of photographs (or of the dataset), or an LMDB.
        split: Name of a folder in it, or of an LMDB without its suffix.
        pipeline: Transforms.
        skip_broken: Leave out images that cannot be used, and report how many.
        catalog: The dataset's name in the catalog, if it has one: it says how to get the data.
        hint: How to get the data, for the message where nothing is found.
        metainfo: Facts for reports.
        ann_file: Names of the images to keep: a text file, the name of a list of the catalog, or
            a list; by default all.
        exclude: Names of images to leave out, given likewise.
        subset: The training or the validation part of the split, as
            :class:`~restorekit.datasets.Subset` or a dict of its fields; by default all.

    Raises:
        DataError: If nothing is found, or images cannot be used and ``skip_broken`` is not set.

    Example:
        >>> photographs = UnpairedDataset("data/mine/test/lq")
        >>> sorted(photographs[0])
        ['index', 'lq', 'name', 'rng']
    """

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str | None = None,
        pipeline: Pipeline = (),
        skip_broken: bool = False,
        catalog: str | None = None,
        hint: str = "",
        metainfo: Mapping[str, Any] | None = None,
        ann_file: Names = None,
        exclude: Names = None,
        subset: Subset | Mapping[str, Any] | None = None,
    ) -> None:
        reader = open_images(
            data_root,
            split,
            catalog=catalog,
            hint=hint,
            ann_file=ann_file,
            exclude=exclude,
            subset=subset,
        )
        super().__init__(reader, pipeline, skip_broken, metainfo)

    def images(self, index: int, rng: np.random.Generator) -> dict[str, Image]:
        return {"lq": self.reader.read(index)[0]}

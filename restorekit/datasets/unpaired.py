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
from .signatures import with_options_of


@DATASETS.register_module()
class UnpairedDataset(ImageDataset):
    """Rainy images without ground truth, from a folder or an LMDB.

    From an LMDB of pairs only the rainy images are taken.

    Args:
        data_root: Folder of photographs (or of the dataset), or an LMDB.
        split: Name of a folder in it, or of an LMDB without its suffix.
        pipeline: Transforms.
        skip_broken: Leave out images that cannot be used, and report how many.
        metainfo: Facts for reports.
        source: How to find the images and which of them are used: ``catalog``, ``hint``,
            ``ann_file``, ``exclude`` and ``subset`` of :func:`~restorekit.datasets.open_images`.

    Raises:
        DataError: If nothing is found, or images cannot be used and ``skip_broken`` is not set.

    Example:
        >>> photographs = UnpairedDataset("data/mine/test/lq")
        >>> sorted(photographs[0])
        ['index', 'lq', 'name', 'rng']
    """

    @with_options_of(open_images)
    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str | None = None,
        pipeline: Pipeline = (),
        skip_broken: bool = False,
        metainfo: Mapping[str, Any] | None = None,
        **source: Any,
    ) -> None:
        reader = open_images(data_root, split, **source)
        super().__init__(reader, pipeline, skip_broken, metainfo)

    def images(self, index: int, rng: np.random.Generator) -> dict[str, Image]:
        return {"lq": self.reader.read(index)[0]}

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


@DATASETS.register_module()
class UnpairedDataset(ImageDataset):
    """Rainy images without ground truth, from a folder or an LMDB.

    Of an LMDB with pairs only the rainy images are taken.

    Args:
        data_root: Folder of photographs (or of the dataset), or an LMDB.
        split: Name of a folder in it, or of an LMDB without its ending.
        pipeline: Transforms.
        skip_broken: Leave out images that cannot be used, and say how many.
        catalog: Which dataset of the catalog it is, where it is one: it says how to get it.
        hint: What to say instead where nothing is found.
        metainfo: Facts for reports.

    Raises:
        DataError: If nothing is found, or images cannot be used and ``skip_broken`` is not set.
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
    ) -> None:
        reader = open_images(data_root, split, catalog=catalog, hint=hint)
        super().__init__(reader, pipeline, skip_broken, metainfo)

    def images(self, index: int, rng: np.random.Generator) -> dict[str, Image]:
        """Read the image."""
        return {"lq": self.reader.read(index)[0]}

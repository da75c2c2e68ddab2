"""Patches at regular positions of each pair, as if they were cut and written out beforehand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from restorekit.errors import ConfigError
from restorekit.io.images import Image
from restorekit.registry import DATASETS
from restorekit.transforms import PairedRandomCrop

from .base import ImageDataset, Pipeline
from .layouts.locate import PairSource
from .signatures import with_options_of


@DATASETS.register_module()
class StridePatchDataset(ImageDataset):
    """All patches of all pairs whose top and left are multiples of a stride; each is a sample.

    PReNet (CVPR 2019) trains on patches of 100 pixels at a stride of 80, which its released code
    writes to a file: 15 of an image of 481×321 pixels. An epoch is one pass over the patches.
    The rest of an image at the right and at the bottom, where no patch fits, is not used. From a
    ``raw`` LMDB only the patch's rows are read.

    Args:
        data_root: Folder of the dataset, or an LMDB.
        patch_size: Side of the patches in pixels.
        stride: Distance between patches in pixels.
        mirrored: Whether the patches of each image mirrored left to right are samples, too (PReNet
            on Rain100L).
        split: ``train``, ``test``, …, where the dataset has several.
        pipeline: Transforms of the patches.
        skip_broken: Leave out pairs that cannot be used, and report how many.
        metainfo: Facts for reports.
        source: Options of :class:`~restorekit.datasets.PairSource`.

    Raises:
        ConfigError: If ``patch_size`` or ``stride`` is below 1.
        DataError: If nothing is found, or pairs cannot be used (smaller ones, for instance) and
            ``skip_broken`` is not set.

    Example:
        >>> patches = StridePatchDataset("data/mine", patch_size=64, stride=32, split="train")
        >>> len(patches)  # four images of 96×128 pixels, with two rows of three patches each
        24
    """

    @with_options_of(PairSource)
    def __init__(
        self,
        data_root: str | os.PathLike[str],
        patch_size: int,
        stride: int,
        mirrored: bool = False,
        split: str | None = None,
        pipeline: Pipeline = (),
        skip_broken: bool = False,
        metainfo: Mapping[str, Any] | None = None,
        **source: Any,
    ) -> None:
        if patch_size < 1 or stride < 1:
            raise ConfigError(
                f"StridePatchDataset has patch_size={patch_size} and stride={stride}: both must be "
                "at least 1 pixel."
            )
        self.patch_size = patch_size
        self.stride = stride
        self.mirrored = mirrored
        reader = PairSource(data_root, split, **source).open()
        # What refuses smaller images.
        crop = PairedRandomCrop(patch_size)
        super().__init__(reader, pipeline, skip_broken, metainfo, before=[crop])
        #: Patches of each image down and across.
        self._grids = (self._sizes_of_images() - patch_size) // stride + 1
        counts = self._grids.prod(axis=1) * (2 if mirrored else 1)
        self._ends = np.cumsum(counts)
        places = map(self._place, range(len(self)))
        self._names = [
            f"{self.reader.names[image]}@{top},{left}{',mirrored' if mirror else ''}"
            for image, top, left, mirror in places
        ]

    @property
    def names(self) -> list[str]:
        """Unique names of the patches: the image's with top and left, or ``mirrored``."""
        return self._names

    @property
    def metainfo(self) -> dict[str, Any]:
        """Location and number of the images and patches, and the facts given as ``metainfo``."""
        return {**super().metainfo, "num_images": len(self.reader), "num_patches": len(self)}

    def __len__(self) -> int:
        return int(self._ends[-1])

    def sizes(self) -> npt.NDArray[np.int32] | None:
        """Return the size of the patches for each; None where a transform changes it."""
        if not all(getattr(transform, "keeps_size", False) for transform in self.pipeline):
            return None
        return np.full((len(self), 2), self.patch_size, np.int32)

    def images(self, index: int, rng: np.random.Generator) -> dict[str, Image]:
        """Return a patch of both images."""
        image, top, left, mirror = self._place(index)
        pair = zip(("lq", "gt"), self.reader.read(image), strict=True)
        window = np.s_[top : top + self.patch_size, left : left + self.patch_size]
        # Of the mirrored image, whose left is the image's right.
        step = np.s_[:, ::-1] if mirror else np.s_[:, :]
        return {key: pixels[step][window] for key, pixels in pair if pixels is not None}

    def _place(self, index: int) -> tuple[int, int, int, bool]:
        """Return the image of a patch, its top and left, and whether it is mirrored."""
        if not 0 <= index < len(self):
            raise IndexError(f"sample {int(index)} of {len(self)}")
        image = int(np.searchsorted(self._ends, index, side="right"))
        within = int(index) - (int(self._ends[image - 1]) if image else 0)
        mirror, within = divmod(within, int(self._grids[image].prod()))
        row, column = divmod(within, int(self._grids[image][1]))
        return image, row * self.stride, column * self.stride, bool(mirror)

    def _sizes_of_images(self) -> npt.NDArray[np.int64]:
        """Return height and width of each image."""
        sizes = self.reader.known_sizes().astype(np.int64)
        for index in np.flatnonzero(sizes[:, 0] == 0).tolist():
            sizes[index] = self.reader.size(index)
        return sizes

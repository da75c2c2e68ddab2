"""Clean images that are degraded when they are read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from restorekit.io.images import Image
from restorekit.rain import RainMixture, RainRenderer, RainSpec, rain_from_config
from restorekit.registry import DATASETS

from .base import ImageDataset, Pipeline, build_pipeline
from .layouts.locate import open_images
from .signatures import with_options_of


@DATASETS.register_module()
class DegradedDataset(ImageDataset):
    """Clean images that transforms degrade anew each time they are read.

    Everything comes from the sample's own generator: training never sees the same image twice,
    the same run always sees the same images, and validation (plain indices, or an epoch sampler
    that stays in epoch 0) sees the same images every time.

    Args:
        data_root: Folder of clean images (or of the dataset), or an LMDB; of pairs the clean
            images are used.
        split: Name of a folder in it, or of an LMDB without its suffix.
        degradations: Transforms of ``lq``, such as :class:`~restorekit.transforms.AddSnow`; ``gt``
            stays clean. ``RandomChoice`` and ``RandomApply`` make a mixture of them.
        pipeline: Transforms of the pair.
        before: Transforms of the clean image before it is degraded. Cropping here rather than in
            ``pipeline`` degrades the patch only, which is much faster.
        skip_broken: Leave out images that cannot be used, and report how many.
        metainfo: Facts for reports.
        source: How to find the images and which of them are used: ``catalog``, ``hint``,
            ``ann_file``, ``exclude`` and ``subset`` of :func:`~restorekit.datasets.open_images`.

    Raises:
        DataError: If nothing is found, or images cannot be used and ``skip_broken`` is not set.

    Example:
        >>> noise = dict(type="AddNoise", sigma=(10, 30))
        >>> noisy = DegradedDataset("data/mine/train/gt", degradations=[noise])
        >>> bool((noisy[0]["lq"] == noisy[0]["gt"]).all())
        False
    """

    @with_options_of(open_images)
    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str | None = None,
        degradations: Pipeline = (),
        pipeline: Pipeline = (),
        before: Pipeline = (),
        skip_broken: bool = False,
        metainfo: Mapping[str, Any] | None = None,
        **source: Any,
    ) -> None:
        self.degradations = build_pipeline(degradations)
        self.before = build_pipeline(before)
        reader = open_images(data_root, split, **source)
        super().__init__(reader, pipeline, skip_broken, metainfo, before=self.before)

    def sizes(self) -> npt.NDArray[np.int32] | None:
        """Return the sizes of all samples, unless a transform before the others changes them."""
        kept = all(getattr(transform, "keeps_size", False) for transform in self.before)
        return super().sizes() if kept else None

    def degrade(self, clean: Image, name: str, rng: np.random.Generator) -> Image:
        """Return a degraded copy of a clean image."""
        results: dict[str, Any] = {"lq": clean, "name": name, "rng": rng}
        for transform in self.degradations:
            results = transform(results)
        degraded: Image = results["lq"]
        return degraded

    def images(self, index: int, rng: np.random.Generator) -> dict[str, Image]:
        """Read the clean image and degrade it."""
        image, clean = self.reader.read(index)
        name = self.names[index]
        results: dict[str, Any] = {
            "gt": image if clean is None else clean,
            "name": name,
            "rng": rng,
        }
        for transform in self.before:
            results = transform(results)
        return {"lq": self.degrade(results["gt"], name, rng), "gt": results["gt"]}


@DATASETS.register_module()
class SyntheticRainDataset(DegradedDataset):
    """Clean images with rain that is rendered anew each time they are read.

    Args:
        data_root: Folder of clean images (or of the dataset), or an LMDB; of pairs the clean
            images are used.
        split: Name of a folder in it, or of an LMDB without its suffix.
        rain: Name of a preset (``rain100l``), a :class:`~restorekit.rain.RainSpec` or
            :class:`~restorekit.rain.RainMixture`, or a dict of the fields of one; see
            :func:`~restorekit.rain.rain_from_config`.
        pipeline: Transforms of the pair.
        before_rain: Transforms of the clean image before the rain.
        skip_broken: Leave out images that cannot be used, and report how many.
        metainfo: Facts for reports.
        source: Options of :func:`~restorekit.datasets.open_images`.

    Raises:
        ConfigError: If ``rain`` does not describe a rain.
        DataError: If nothing is found, or images cannot be used and ``skip_broken`` is not set.

    Example:
        >>> rendered = SyntheticRainDataset("data/mine/train/gt", rain="rain100h")
        >>> len(rendered), bool((rendered[0]["lq"] == rendered[0]["gt"]).all())
        (4, False)
    """

    @with_options_of(open_images)
    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str | None = None,
        rain: str | RainSpec | RainMixture | Mapping[str, Any] = "rain100l",
        pipeline: Pipeline = (),
        before_rain: Pipeline = (),
        skip_broken: bool = False,
        metainfo: Mapping[str, Any] | None = None,
        **source: Any,
    ) -> None:
        self.renderer = RainRenderer(rain_from_config(rain) if isinstance(rain, Mapping) else rain)
        super().__init__(
            data_root,
            split,
            pipeline=pipeline,
            before=before_rain,
            skip_broken=skip_broken,
            metainfo=metainfo,
            **source,
        )

    def degrade(self, clean: Image, name: str, rng: np.random.Generator) -> Image:
        """Return a copy of a clean image with rain on it."""
        return self.renderer(clean, rng)

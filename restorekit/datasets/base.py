"""What all datasets of images have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.registry import DefaultScope
from torch.utils.data import Dataset

from restorekit.io.images import Image
from restorekit.registry import SCOPE, TRANSFORMS
from restorekit.transforms import PackInputs

from .checks import checked
from .loading.batches import pack_samples
from .loading.randomness import sample_rng
from .readers.pairs import PairReader

#: Takes and returns a sample.
Step = Callable[[dict[str, Any]], dict[str, Any]]
#: Steps of a pipeline: transforms, or configs of them.
Pipeline = Sequence["dict[str, Any] | Step"]


def build_pipeline(steps: Pipeline) -> list[Step]:
    """Build the transforms of a pipeline, those inside mmcv's wrappers too."""
    # The wrappers build theirs in the current scope.
    with DefaultScope.overwrite_default_scope(SCOPE):
        return [TRANSFORMS.build(step) if isinstance(step, dict) else step for step in steps]


class ImageDataset(Dataset[dict[str, Any]], ABC):
    """A dataset whose items are dicts that went through a pipeline of transforms.

    The pipeline gets ``lq`` and ``gt`` (uint8 (H, W, 3) RGB arrays, perhaps read-only; the
    latter only where there is a clean image), ``name``, ``index``, and ``rng``, the generator
    of this sample: it depends on the seed and the position in the run that a
    :class:`~restorekit.datasets.loading.randomness.SampleIndex` carries, or on the index where
    that is a plain ``int``, never on the worker process.

    Args:
        reader: The images; all of them are checked here.
        pipeline: Transforms.
        skip_broken: Leave out images that cannot be used, and say how many.
        metainfo: Facts about the dataset for reports, such as its name and version.
        before: Transforms that run before the pipeline (their smallest size counts too).

    Raises:
        DataError: If images cannot be used and ``skip_broken`` is not set.
    """

    def __init__(
        self,
        reader: PairReader,
        pipeline: Pipeline = (),
        skip_broken: bool = False,
        metainfo: Mapping[str, Any] | None = None,
        before: Sequence[Callable[..., Any]] = (),
    ) -> None:
        self.pipeline = build_pipeline(pipeline)
        self.reader = checked(reader, skip_broken=skip_broken, transforms=[*before, *self.pipeline])
        self._metainfo = dict(metainfo or {})

    @property
    def names(self) -> list[str]:
        """Names of the samples; each is there once."""
        return self.reader.names

    @property
    def metainfo(self) -> dict[str, Any]:
        """Where the images lie, how many they are, and the facts given as ``metainfo``."""
        return {"source": self.reader.location, "num_images": len(self), **self._metainfo}

    def __len__(self) -> int:
        return len(self.reader)

    @abstractmethod
    def images(self, index: int, rng: np.random.Generator) -> dict[str, Image]:
        """Return ``lq``, and ``gt`` where there is one, before the pipeline."""

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self._through(self.pipeline, index)

    def __getitems__(self, indices: Sequence[int]) -> Sequence[dict[str, Any]]:
        """Return what ``dataset[index]`` gives for each; torch's data loader calls this.

        Where only ``PackInputs`` is left to be done, it is a
        :class:`~restorekit.datasets.SampleBatch`, which
        :func:`~restorekit.datasets.collate_samples` has nothing more to do with.
        """
        if not self.packs_batches:
            return [self[index] for index in indices]
        return pack_samples(map(self.unpacked, indices), len(indices))

    @property
    def packs_batches(self) -> bool:
        """Whether all that samples still need before they are batched is ``PackInputs``.

        Not so in a subclass that makes its samples itself.
        """
        own = type(self).__getitem__ is not ImageDataset.__getitem__
        return not own and bool(self.pipeline) and type(self.pipeline[-1]) is PackInputs

    def unpacked(self, index: int) -> dict[str, Any]:
        """Return a sample before the last step of the pipeline."""
        return self._through(self.pipeline[:-1], index)

    def _through(self, pipeline: Sequence[Step], index: int) -> dict[str, Any]:
        rng = sample_rng(index)
        place = int(index)
        results: dict[str, Any] = {
            **self.images(place, rng),
            "name": self.names[place],
            "index": place,
            "rng": rng,
        }
        for transform in pipeline:
            results = transform(results)
        return results

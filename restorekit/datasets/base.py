"""The base class of the datasets of images."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
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
    """A dataset whose samples are dicts that pass through a pipeline of transforms.

    The pipeline receives ``lq`` and, where there is a clean image, ``gt`` (uint8 (H, W, 3) RGB
    arrays, perhaps read-only), ``name``, ``index``, ``rng``, the sample's random generator, and,
    where the iteration decides on it, ``patch_size``. The generator depends on the seed and the
    position in the run, which a :class:`~restorekit.datasets.SampleIndex` carries, or on a plain
    index, and never on the worker process.

    Args:
        reader: The images, all of which are checked.
        pipeline: Transforms.
        skip_broken: Leave out images that cannot be used, and report how many.
        metainfo: Facts about the dataset for reports, such as its name and version.
        before: Transforms that run before the pipeline; images must be large enough for them.

    Raises:
        DataError: If images cannot be used and ``skip_broken`` is not set.

    Example:
        >>> from restorekit.datasets import PairedDataset
        >>> pairs = PairedDataset("data/mine", "train")
        >>> isinstance(pairs, ImageDataset), sorted(pairs[0])
        (True, ['gt', 'index', 'lq', 'name', 'rng'])
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
        """Unique names of the samples."""
        return self.reader.names

    @property
    def metainfo(self) -> dict[str, Any]:
        """Location and number of the images, and the facts given as ``metainfo``."""
        return {"source": self.reader.location, "num_images": len(self), **self._metainfo}

    def __len__(self) -> int:
        return len(self.reader)

    def sizes(self) -> npt.NDArray[np.int32] | None:
        """Return height and width of all samples, (N, 2), or None where they are not known.

        They are known where every transform keeps the size of an image.
        """
        if not all(getattr(transform, "keeps_size", False) for transform in self.pipeline):
            return None
        sizes = self.reader.known_sizes()
        return sizes if sizes.all() else None

    @abstractmethod
    def images(self, index: int, rng: np.random.Generator) -> dict[str, Image]:
        """Return ``lq``, and ``gt`` where there is one, before the pipeline."""

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self._through(self.pipeline, index)

    def __getitems__(self, indices: Sequence[int]) -> Sequence[dict[str, Any]]:
        """Return the samples of a batch; called by torch's data loader.

        Where the pipeline ends in ``PackInputs`` they are a
        :class:`~restorekit.datasets.SampleBatch`, which
        :func:`~restorekit.datasets.collate_samples` collates at no cost.
        """
        if not self.packs_batches:
            return [self[index] for index in indices]
        return pack_samples(map(self.unpacked, indices), len(indices))

    @property
    def packs_batches(self) -> bool:
        """Whether ``PackInputs`` is all that is missing after :meth:`unpacked`.

        It is not in a subclass with its own ``__getitem__``.
        """
        own = type(self).__getitem__ is not ImageDataset.__getitem__
        return not own and bool(self.pipeline) and type(self.pipeline[-1]) is PackInputs

    def unpacked(self, index: int) -> dict[str, Any]:
        """Return a sample before the last step of the pipeline."""
        return self._through(self.pipeline[:-1], index)

    def _through(self, pipeline: Sequence[Step], index: int) -> dict[str, Any]:
        rng = sample_rng(index)
        number = int(index)
        results: dict[str, Any] = {
            **self.images(number, rng),
            "name": self.names[number],
            "index": number,
            "rng": rng,
        }
        patch_size = getattr(index, "patch_size", None)
        if patch_size is not None:
            results["patch_size"] = patch_size
        for transform in pipeline:
            results = transform(results)
        return results

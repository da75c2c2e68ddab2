"""Batches that are assembled while their samples are made, so that collating costs nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
import torch
from mmengine.dataset import default_collate
from torch.utils.data import get_worker_info

from restorekit.registry import FUNCTIONS
from restorekit.transforms import PackInputs
from restorekit.transforms.pack import copy_planes
from restorekit.transforms.paired import IMAGE_KEYS

Sample = dict[str, Any]
#: Worker processes send batches up to this size in the message itself: setting up shared memory
#: costs about as much as copying a few megabytes.
_MESSAGE_BYTES = 1 << 21


class SampleBatch(Sequence[Sample]):
    """A batch that behaves like a list of samples, so that any collate function accepts it.

    Args:
        names: Names of the samples.
        indices: Their indices.
        pixels: All images one after the other, uint8.
        shapes: Shape (N, 3, H, W) of each kind of image, by key: ``lq``, ``gt``.

    Example:
        >>> from restorekit.datasets import PairedDataset
        >>> pairs = PairedDataset("data/mine", "train", pipeline=[dict(type="PackInputs")])
        >>> batch = pairs.__getitems__([0, 1])
        >>> type(batch).__name__, len(batch), batch[1]["name"]
        ('SampleBatch', 2, '001')
    """

    def __init__(
        self,
        names: list[str],
        indices: list[int],
        pixels: torch.Tensor,
        shapes: Mapping[str, tuple[int, int, int, int]],
    ) -> None:
        self._parts = (names, indices, pixels, dict(shapes))
        self._whole = _whole(*self._parts)

    def __len__(self) -> int:
        return len(self._parts[0])

    def __iter__(self) -> Iterator[Sample]:
        return (self[index] for index in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> Sample: ...

    @overload
    def __getitem__(self, index: slice) -> list[Sample]: ...

    def __getitem__(self, index: int | slice) -> Sample | list[Sample]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        sample = {key: value[index] for key, value in self._whole.items()}
        return {**sample, "index": int(sample["index"])}

    def collated(self) -> dict[str, Any]:
        """Return what default collate would return for the samples.

        In a worker process of a data loader it is prepared for sending.
        """
        return self._whole if get_worker_info() is None else _Parcel(self._whole, self._parts)


@FUNCTIONS.register_module()
def collate_samples(samples: Sequence[Sample]) -> Any:
    """Collate as mmengine's ``default_collate`` does; a :class:`SampleBatch` is ready as it is.

    Example:
        >>> from restorekit.datasets import PairedDataset
        >>> pairs = PairedDataset("data/mine", "train", pipeline=[dict(type="PackInputs")])
        >>> collate_samples([pairs[0], pairs[1]])["lq"].shape
        torch.Size([2, 3, 96, 128])
    """
    return samples.collated() if isinstance(samples, SampleBatch) else default_collate(samples)


def pack_samples(samples: Iterable[Sample], count: int) -> Sequence[Sample]:
    """Apply ``PackInputs`` to samples and assemble them as a batch where that is possible.

    Each sample is copied before the next one is made: a crop keeps its whole image in memory.

    Args:
        samples: Samples that lack only ``PackInputs``.
        count: Number of samples.

    Returns:
        A batch, or a list of packed samples where the images are not uint8 of one size.
    """
    waiting = iter(samples)
    batch: _Filling | None = None
    for sample in waiting:
        if batch is None:
            batch = _Filling(sample, count)
        if not batch.take(sample):
            pack = PackInputs().transform
            return [*batch.samples(), pack(sample), *map(pack, waiting)]
    return [] if batch is None else batch.samples()


class _Filling:
    """A batch that is being filled.

    Args:
        first: Its first sample; the others must have images of the same shapes.
        count: Number of samples that it has room for.
    """

    def __init__(self, first: Sample, count: int) -> None:
        self._names: list[str] = []
        self._indices: list[int] = []
        images = {key: first.get(key) for key in IMAGE_KEYS}
        self._image_shapes = {k: None if v is None else v.shape for k, v in images.items()}
        self._shapes = {
            key: (count, shape[2], *shape[:2])
            for key, shape in self._image_shapes.items()
            if shape is not None and len(shape) == 3
        }
        self._pixels = _room_for(sum(map(math.prod, self._shapes.values())))
        self._planes = {
            key: part.numpy() for key, part in _split(self._pixels, self._shapes).items()
        }

    def take(self, sample: Sample) -> bool:
        """Copy the images of a sample; return False if their shapes or types differ."""
        for key, shape in self._image_shapes.items():
            image = sample.get(key)
            if image is None:
                if shape is not None:
                    return False
            elif image.shape != shape or image.dtype != np.uint8 or key not in self._planes:
                return False
        for key, planes in self._planes.items():
            copy_planes(sample[key], planes[len(self._names)])
        self._names.append(sample["name"])
        self._indices.append(sample["index"])
        return True

    def samples(self) -> SampleBatch:
        return SampleBatch(self._names, self._indices, self._pixels, self._shapes)


class _Parcel(dict[str, Any]):
    """A batch to be sent to another process, where it arrives as a plain dict.

    Its images are sent as one block: in the message if they are small, else in shared memory.
    """

    def __init__(self, whole: Mapping[str, Any], parts: tuple[Any, ...]) -> None:
        super().__init__(whole)
        self._parts = parts

    def __reduce__(self) -> tuple[Any, ...]:
        names, indices, pixels, shapes = self._parts
        contents = pixels.numpy() if len(pixels) <= _MESSAGE_BYTES else pixels
        return _whole, (names, indices, contents, shapes)


def _whole(
    names: list[str],
    indices: list[int],
    pixels: Any,
    shapes: Mapping[str, tuple[int, int, int, int]],
) -> dict[str, Any]:
    """Return the batch in default collate's form; ``pixels`` is a tensor or an array."""
    tensors = _split(torch.as_tensor(pixels), shapes)
    count = len(names)
    return {
        "name": names,
        "index": torch.tensor(indices, dtype=torch.int64),
        **{key: tensor[:count] for key, tensor in tensors.items()},
    }


def _split(
    pixels: torch.Tensor, shapes: Mapping[str, tuple[int, int, int, int]]
) -> dict[str, torch.Tensor]:
    sizes = [math.prod(shape) for shape in shapes.values()]
    parts = torch.split(pixels, sizes) if sizes else ()
    return {key: part.view(shapes[key]) for key, part in zip(shapes, parts, strict=True)}


def _room_for(size: int) -> torch.Tensor:
    """Return memory for pixels; in a worker process, shared memory for large batches."""
    if get_worker_info() is None or size <= _MESSAGE_BYTES:
        return torch.empty(size, dtype=torch.uint8)
    # As in torch's default collate: otherwise the pixels would be copied once more to be sent.
    storage: Any = torch.UntypedStorage
    return torch.empty(0, dtype=torch.uint8).set_(storage._new_shared(size))

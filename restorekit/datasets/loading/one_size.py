"""Batches of images of one size, where a dataset has several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch.utils.data import BatchSampler, DataLoader

from restorekit.errors import DataError
from restorekit.registry import DATA_SAMPLERS

from .randomness import SampleIndex
from .sampler import ReproducibleSampler


@DATA_SAMPLERS.register_module()
class SameSizeBatchSampler(BatchSampler):
    """Keep the order of a sampler, and start a new batch where the size of the images changes.

    The Runner uses it for validation and test sets with ``batch_size`` above 1. Where the sizes of
    a dataset are not known it makes ordinary batches.

    Args:
        sampler: The order, without shuffling.
        batch_size: Largest number of images in a batch.

    Example:
        >>> from restorekit.datasets import PairedDataset
        >>> order = ReproducibleSampler(PairedDataset("data/mine", "train"), shuffle=False)
        >>> [len(batch) for batch in SameSizeBatchSampler(order, batch_size=3)]
        [3, 1]
    """

    sampler: ReproducibleSampler

    def __init__(self, sampler: ReproducibleSampler, batch_size: int) -> None:
        super().__init__(sampler, batch_size, drop_last=False)

    def __iter__(self) -> Iterator[list[SampleIndex]]:  # type: ignore[override]
        sizes = _sizes(self.sampler.dataset)
        batch: list[SampleIndex] = []
        for index in self.sampler:
            changes = batch and sizes is not None and (sizes[index] != sizes[batch[0]]).any()
            if len(batch) == self.batch_size or changes:
                yield batch
                batch = []
            batch.append(index)
        if batch:
            yield batch

    def __len__(self) -> int:
        return sum(1 for _ in self)


def require_one_size(loader: DataLoader[Any]) -> None:
    """Refuse batches of images that are known to have several sizes.

    Raises:
        DataError: If a batch would hold images of different sizes.

    Example:
        >>> from restorekit.datasets import PairedDataset
        >>> require_one_size(DataLoader(PairedDataset("data/mine", "train"), batch_size=2))
    """
    if loader.batch_size is None or loader.batch_size == 1:
        return
    sizes = _sizes(loader.dataset)
    if sizes is None or not len(sizes) or (sizes == sizes[0]).all():
        return
    other = sizes[(sizes != sizes[0]).any(axis=1)][0]
    (height, width), (other_height, other_width) = sizes[0].tolist(), other.tolist()
    raise DataError(
        f"The images have several sizes ({width}×{height} and {other_width}×{other_height}, for "
        f"example) and cannot be stacked in batches of {loader.batch_size}: begin the pipeline "
        "with PairedRandomCrop, or set the batch size to 1."
    )


def _sizes(dataset: Any) -> Any:
    known = getattr(dataset, "sizes", None)
    return known() if callable(known) else None

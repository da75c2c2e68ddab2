"""What the mmengine metrics share that measure images one by one."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mmengine.dist import all_gather_object
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from restorekit.errors import DataError


@dataclass(frozen=True)
class ImageRecord:
    """What is kept of one image."""

    index: int
    name: str


Record = TypeVar("Record", bound=ImageRecord)


class PerImageMetric(BaseMetric):
    """A metric whose value on a data set is the mean of its values on images.

    Every image counts once, by its ``index``: a distributed sampler pads the last round
    with images it has already given out, and those are dropped. Results are the same to
    the last bit for any number of processes and any order of images.

    Args:
        collect_device: As in mmengine's metrics, and of no consequence here: the few
            numbers of an image travel over the processes' own backend, which needs no
            folder that all machines share.
        prefix: Put before every key, with a slash, where one evaluator holds several data
            sets' metrics.
    """

    #: No prefix of our own; mmengine warns about ``None``.
    default_prefix = ""

    def __init__(self, collect_device: str = "cpu", prefix: str | None = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)

    @abstractmethod
    def measure(self, sample: Mapping[str, Any]) -> ImageRecord:
        """Measure one image that a restorer predicted.

        Args:
            sample: ``name``, ``index``, and ``pred``, ``lq`` and perhaps ``gt`` as (3, H, W)
                float tensors, RGB, [0, 1], on any device.

        Raises:
            DataError: If the image cannot be measured.
        """

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Measure the images of one batch.

        Args:
            data_batch: Not used.
            data_samples: See :meth:`measure`.
        """
        self.results.extend(self.measure(sample) for sample in data_samples)

    def evaluate(self, size: int) -> dict[str, float]:
        """Gather the images of all processes and return the means, on every process.

        Args:
            size: Number of images in the data set; fewer measured ones are warned of.

        Raises:
            DataError: If no image was measured, or two images have one name.
        """
        gathered = [record for part in all_gather_object(self.results) for record in part]
        self.results.clear()
        name = type(self).__name__
        records = _each_once(gathered, name)
        if len(records) != size:
            print_log(
                f"{name} measured {len(records)} of the data set's {size} images; the means are "
                "over those.",
                logger="current",
                level=logging.WARNING,
            )
        metrics = self.compute_metrics(records)
        return {f"{self.prefix}/{key}" if self.prefix else key: metrics[key] for key in metrics}


def _each_once(records: Sequence[Record], metric: str) -> list[Record]:
    """Return the records in the data set's order, each index once."""
    unique = {record.index: record for record in records}
    ordered = [unique[index] for index in sorted(unique)]
    if not ordered:
        raise DataError(
            f"{metric} was given no image to measure; check that the test dataset is not empty."
        )
    first: dict[str, int] = {}
    for record in ordered:
        if first.setdefault(record.name, record.index) != record.index:
            raise DataError(
                f"Two images of the data set, numbers {first[record.name]} and {record.index}, "
                f"are both called {record.name!r}; give each a name of its own, as results are "
                "kept by name."
            )
    return ordered

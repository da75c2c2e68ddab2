"""The mmengine metric that measures a test set under named protocols."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from mmengine.dist import all_gather_object
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from torch import Tensor

from ..errors import ConfigError, DataError
from ..registry import METRICS
from .fingerprint import dataset_fingerprint, image_digest
from .functional.color import to_uint8
from .protocols import Protocol, build_protocol, measure_all
from .summary import ImageValues, mean

#: Protocol name to ``{"psnr": dB, "ssim": mean}``.
Measured = dict[str, dict[str, float]]


@dataclass(frozen=True)
class _Record:
    """What is kept of one image."""

    index: int
    name: str
    pred: Measured
    lq: Measured
    digest: str


@METRICS.register_module()
class ProtocolMetric(BaseMetric):
    """PSNR and SSIM of every image under each protocol, and the data set's fingerprint.

    ``evaluate`` returns the means over images as ``psnr/<protocol>`` and
    ``ssim/<protocol>``, in the order of ``protocols``, and with ``measure_input`` those of
    the rainy input as ``input/psnr/<protocol>``, ``input/ssim/<protocol>``. To keep the
    best checkpoint by one of them::

        checkpoint=dict(type='CheckpointHook', save_best='psnr/rgb_u8', rule='greater')

    (``rule`` is needed because mmengine does not know that more PSNR is better; the
    checkpoint is called ``best_psnr_rgb_u8_…``).

    Every image counts once, by its ``index``: a distributed sampler pads the last round
    with images it has already given out, and those are dropped. Means are the same to the
    last bit for any number of processes and any order of images.

    Args:
        protocols: Which protocols: names, :class:`Protocol` objects, or dicts as
            :func:`~restorekit.metrics.build_protocol` takes them. There is no default: a
            number without its protocol says nothing.
        measure_input: Whether to measure ``lq`` against ``gt`` as well, for the "rainy
            input" row of tables.
        collect_device: As in mmengine's metrics, and of no consequence here: the few
            numbers of an image travel over the processes' own backend, which needs no
            folder that all machines share.
        prefix: Put before every key, with a slash, where one evaluator holds several data
            sets' metrics.

    Attributes:
        images: After ``evaluate``, on every process: protocol → ``psnr``/``ssim`` → image
            name → value. :func:`~restorekit.metrics.summarize` makes results.json of it.
        input_images: The same for the input; empty without ``measure_input``.
        fingerprint: After ``evaluate``: what the data set contains, as
            :func:`~restorekit.metrics.dataset_fingerprint` of its lq and gt.

    Raises:
        ConfigError: If ``protocols`` is empty or has one name twice.
    """

    #: No prefix of our own; mmengine warns about ``None``.
    default_prefix = ""

    def __init__(
        self,
        protocols: Sequence[str | Protocol | Mapping[str, Any]],
        measure_input: bool = False,
        collect_device: str = "cpu",
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if isinstance(protocols, (str, Protocol, Mapping)):
            protocols = [protocols]
        self.protocols = [build_protocol(protocol) for protocol in protocols]
        names = [protocol.name for protocol in self.protocols]
        if not names or len(set(names)) < len(names):
            raise ConfigError(
                f"ProtocolMetric: protocols names {names}, but must name at least one and none "
                "twice, for instance ['rgb_u8', 'matlab_y_u8']."
            )
        self.measure_input = measure_input
        self.images: ImageValues = {}
        self.input_images: ImageValues = {}
        self.fingerprint = ""

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Measure the images of one batch.

        Args:
            data_batch: Not used.
            data_samples: What a restorer predicts: ``name``, ``index``, and ``pred``,
                ``lq``, ``gt`` as (3, H, W) float tensors, RGB, [0, 1], on any device.

        Raises:
            DataError: If an image has no ground truth or cannot be measured.
        """
        self.results.extend(self._measure(sample) for sample in data_samples)

    def _measure(self, sample: Mapping[str, Any]) -> _Record:
        name = str(sample["name"])
        if sample.get("gt") is None:
            raise DataError(
                f"Image {name!r} has no ground truth, which ProtocolMetric needs; give the "
                "dataset a gt folder, or take ProtocolMetric out of the evaluator and measure "
                "without reference."
            )
        pred, lq, gt = (_to_hwc(sample[key]) for key in ("pred", "lq", "gt"))
        # Exact: lq and gt were uint8 and divided by 255.
        lq, gt = to_uint8(lq), to_uint8(gt)
        try:
            return _Record(
                index=int(sample["index"]),
                name=name,
                pred=measure_all(self.protocols, pred, gt),
                lq=measure_all(self.protocols, lq, gt) if self.measure_input else {},
                digest=image_digest(lq, gt),
            )
        except DataError as error:
            raise DataError(f"Image {name!r}: {error}") from error

    def evaluate(self, size: int) -> dict[str, float]:
        """Gather the images of all processes and return the means, on every process.

        Args:
            size: Number of images in the data set; fewer measured ones are warned of.

        Raises:
            DataError: If no image was measured, or two images have one name.
        """
        gathered = [record for part in all_gather_object(self.results) for record in part]
        self.results.clear()
        records = _each_once(gathered)
        if len(records) != size:
            print_log(
                f"ProtocolMetric measured {len(records)} of the data set's {size} images; the "
                "means are over those.",
                logger="current",
                level=logging.WARNING,
            )
        metrics = self.compute_metrics(records)
        return {f"{self.prefix}/{key}" if self.prefix else key: metrics[key] for key in metrics}

    def compute_metrics(self, results: list[_Record]) -> dict[str, float]:
        """Keep the images' values and return their means.

        Args:
            results: One record an image, in the data set's order.
        """
        self.images = self._by_protocol({record.name: record.pred for record in results})
        self.fingerprint = dataset_fingerprint(record.digest for record in results)
        metrics = _means(self.images)
        self.input_images = {}
        if self.measure_input:
            self.input_images = self._by_protocol({record.name: record.lq for record in results})
            metrics |= {f"input/{key}": value for key, value in _means(self.input_images).items()}
        return metrics

    def _by_protocol(self, measured: Mapping[str, Measured]) -> ImageValues:
        return {
            protocol.name: {
                metric: {name: values[protocol.name][metric] for name, values in measured.items()}
                for metric in ("psnr", "ssim")
            }
            for protocol in self.protocols
        }


def _means(images: ImageValues) -> dict[str, float]:
    return {
        f"{metric}/{protocol}": mean(values.values())
        for protocol, metrics in images.items()
        for metric, values in metrics.items()
    }


def _each_once(records: Sequence[_Record]) -> list[_Record]:
    """Return the records in the data set's order, each index once."""
    unique = {record.index: record for record in records}
    ordered = [unique[index] for index in sorted(unique)]
    if not ordered:
        raise DataError(
            "ProtocolMetric was given no image to measure; check that the test dataset is not "
            "empty."
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


def _to_hwc(image: Tensor) -> npt.NDArray[Any]:
    """Return a (3, H, W) tensor as a contiguous float32 array (H, W, 3)."""
    return np.ascontiguousarray(image.detach().float().cpu().permute(1, 2, 0).numpy())

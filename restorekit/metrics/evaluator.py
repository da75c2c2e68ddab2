"""The mmengine metric that takes any protocol and any measure."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmengine.dist import all_gather_object
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from restorekit.errors import ConfigError, DataError
from restorekit.io.fingerprint import dataset_fingerprint, image_digest
from restorekit.io.tensors import to_hwc
from restorekit.registry import METRICS

from .functional.color import to_uint8
from .measures import Measure
from .plan import Plan, Value, Values
from .protocols import Protocol


@dataclass(frozen=True)
class _Record:
    index: int
    name: str
    pred: dict[str, Value]
    lq: dict[str, Value]
    digest: str


@METRICS.register_module()
class RestorationMetric(BaseMetric):
    """Measures every image of a dataset under protocols and with measures that need none.

    ``evaluate`` returns the means over images as ``psnr/<protocol>``, ``niqe/<variant>`` or
    ``<measure>``, and with ``measure_input`` those of the rainy input as ``input/…``. To keep
    the best checkpoint by one of them::

        checkpoint=dict(type='CheckpointHook', save_best='psnr/rgb_u8')

    (The checkpoint is called ``best_psnr_rgb_u8_…``.)

    Every image counts once, by its ``index``: a distributed sampler repeats images to fill its
    last round, and the repetitions are dropped. Results are the same to the last bit for any
    number of processes and any order of images.

    Args:
        protocols: One or several protocols; see :class:`~restorekit.metrics.plan.Plan`. There is
            no default: a number without its protocol says nothing.
        measures: One or several measures without a protocol, for instance ``['niqe']``. Without
            protocols and measures, only the dataset's fingerprint is computed.
        measure_input: Whether to measure ``lq`` as well, for the "rainy input" row of tables.
        collect_device: Unused; the few numbers of an image travel over the processes' own
            backend.
        prefix: Put before every key, with a slash, where one evaluator holds the metrics of
            several datasets.

    Attributes:
        values: After ``evaluate``, on every process: key to the values of the restored images.
        input_values: The same for the input; empty without ``measure_input``.
        digests: After ``evaluate``: the :func:`~restorekit.io.fingerprint.image_digest` of each
            lq and, where there is one, gt, in the order of the dataset.
        fingerprint: After ``evaluate``: what the dataset contains, as
            :func:`~restorekit.io.fingerprint.dataset_fingerprint` of these digests.

    Raises:
        ConfigError: If ``protocols`` is empty, or something is named twice.

    Example:
        >>> metric = RestorationMetric(protocols=["rgb_u8"], measures=["niqe"])
        >>> list(metric.plan.quantities)
        ['psnr/rgb_u8', 'ssim/rgb_u8', 'niqe/matlab_gray']
    """

    #: mmengine warns about ``None``.
    default_prefix = ""

    def __init__(
        self,
        protocols: str | Protocol | Mapping[str, Any] | Sequence[Any] | None = None,
        measures: str | Measure | Mapping[str, Any] | Sequence[Any] | None = None,
        measure_input: bool = False,
        collect_device: str = "cpu",
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if protocols is not None and measures is None and not protocols:
            raise ConfigError(
                "RestorationMetric: protocols is empty; name at least one, for instance "
                "['rgb_u8', 'matlab_y_u8']."
            )
        self.plan = Plan(_listed(protocols), _listed(measures))
        self.measure_input = measure_input
        self.values: dict[str, Values] = {}
        self.input_values: dict[str, Values] = {}
        self.digests: list[str] = []
        self.fingerprint = ""

    @property
    def keys(self) -> list[str]:
        """What ``evaluate`` returns, unless nothing has a value."""
        keys = list(self.plan.quantities)
        if self.measure_input:
            keys += [f"input/{key}" for key in keys]
        return [f"{self.prefix}/{key}" if self.prefix else key for key in keys]

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Measure the images of one batch.

        Args:
            data_batch: Not used.
            data_samples: ``name``, ``index``, and ``pred``, ``lq`` and perhaps ``gt`` as
                (3, H, W) float tensors, RGB, [0, 1], on any device.

        Raises:
            DataError: If an image cannot be measured.
        """
        self.results.extend(self._measured(sample) for sample in data_samples)

    def _measured(self, sample: Mapping[str, Any]) -> _Record:
        name = str(sample["name"])
        # Exact: lq and gt were uint8 and divided by 255.
        lq = to_uint8(to_hwc(sample["lq"]))
        gt = None if sample.get("gt") is None else to_uint8(to_hwc(sample["gt"]))
        try:
            return _Record(
                index=int(sample["index"]),
                name=name,
                pred=self.plan.measure(to_hwc(sample["pred"]), gt),
                lq=self.plan.measure(lq, gt) if self.measure_input else {},
                digest=image_digest(lq) if gt is None else image_digest(lq, gt),
            )
        except DataError as error:
            raise DataError(f"Image {name!r}: {error}") from error

    def evaluate(self, size: int) -> dict[str, float]:
        """Gather the images of all processes and return the means, on every process.

        Args:
            size: Number of images in the dataset; a warning says if fewer were measured.

        Raises:
            DataError: If no image was measured, or two images have one name.
        """
        gathered = [record for part in all_gather_object(self.results) for record in part]
        self.results.clear()
        records = _each_once(gathered)
        if len(records) != size:
            _warn(
                f"{len(records)} of the dataset's {size} images were measured; the means are over "
                "those."
            )
        metrics = self.compute_metrics(records)
        return {f"{self.prefix}/{key}" if self.prefix else key: metrics[key] for key in metrics}

    def compute_metrics(self, results: list[_Record]) -> dict[str, float]:
        """Keep the values of the images and return their means.

        Args:
            results: One record an image, in the order of the dataset.

        Raises:
            DataError: If nothing has a value.
        """
        self.digests = [record.digest for record in results]
        self.fingerprint = dataset_fingerprint(self.digests)
        self.values = self.plan.collect({record.name: record.pred for record in results})
        self.input_values = {}
        if self.measure_input:
            self.input_values = self.plan.collect({record.name: record.lq for record in results})
        for key, quantity in self.plan.quantities.items():
            reasons = {r.name: value for r in results if isinstance(value := r.pred[key], str)}
            if reasons:
                name, reason = next(iter(reasons.items()))
                _warn(
                    f"{quantity.measure.label} left out {len(reasons)} of {len(results)} images, "
                    f"for example {name!r}: {reason}"
                )
        metrics = {key: values.mean for key, values in self.values.items()}
        return metrics | {f"input/{key}": one.mean for key, one in self.input_values.items()}


def _niqe_metric(
    variant: str = "matlab_gray",
    measure_input: bool = False,
    collect_device: str = "cpu",
    prefix: str | None = None,
) -> RestorationMetric:
    """Return a RestorationMetric of NIQE."""
    return RestorationMetric(
        measures=f"niqe:{variant}",
        measure_input=measure_input,
        collect_device=collect_device,
        prefix=prefix,
    )


# Names in configs of version 0.1.
METRICS.register_module(name="ProtocolMetric", module=RestorationMetric)
METRICS.register_module(name="NIQEMetric", module=_niqe_metric)


def _listed(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return [value] if isinstance(value, (str, Protocol, Measure, Mapping)) else value


def _each_once(records: Sequence[_Record]) -> list[_Record]:
    """Return the records in the order of the dataset, each index once."""
    unique = {record.index: record for record in records}
    ordered = [unique[index] for index in sorted(unique)]
    if not ordered:
        raise DataError("There was no image to measure; check that the test dataset is not empty.")
    first: dict[str, int] = {}
    for record in ordered:
        if first.setdefault(record.name, record.index) != record.index:
            raise DataError(
                f"Two images of the dataset, numbers {first[record.name]} and {record.index}, are "
                f"both called {record.name!r}; rename one, as results are kept by name."
            )
    return ordered


def _warn(text: str) -> None:
    print_log(text, logger="current", level=logging.WARNING)

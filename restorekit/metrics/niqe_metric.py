"""The mmengine metric that measures restored images without ground truth."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmengine.logging import print_log

from restorekit.io.fingerprint import dataset_fingerprint, image_digest
from restorekit.io.tensors import to_hwc
from restorekit.registry import METRICS

from .functional.color import to_uint8
from .functional.niqe import check_variant
from .no_reference import NoReferenceValues, measure_niqe
from .per_image import ImageRecord, PerImageMetric
from .summary import mean


@dataclass(frozen=True)
class _Record(ImageRecord):
    pred: float | str
    lq: float | str
    digest: str


@METRICS.register_module()
class NIQEMetric(PerImageMetric):
    """NIQE of every restored image, rounded to uint8 as it is saved; needs no ground truth.

    ``evaluate`` returns the mean over images as ``niqe/<variant>``, and with
    ``measure_input`` that of the rainy input as ``input/niqe/<variant>``. Lower is better:
    ``save_best='niqe/matlab_gray', rule='less'`` in a CheckpointHook. Images that NIQE says
    nothing about (flat, or smaller than two blocks of 96×96) are left out and warned of.

    Every image counts once, on any number of processes, and the mean does not depend on
    their order; see :class:`PerImageMetric`.

    Args:
        variant: Which NIQE; see :data:`~restorekit.metrics.functional.NIQE_VARIANTS`.
        measure_input: Whether to measure ``lq`` as well, for the "rainy input" row.
        collect_device: See :class:`PerImageMetric`.
        prefix: Likewise.

    Attributes:
        values: After ``evaluate``, on every process: the values of the restored images.
        input_values: The same of the input; empty without ``measure_input``.
        digests: After ``evaluate``: the :func:`~restorekit.metrics.image_digest` of each lq, in
            the data set's order.
        fingerprint: After ``evaluate``: what the data set contains, as
            :func:`~restorekit.metrics.dataset_fingerprint` of these digests.

    Raises:
        ConfigError: If there is no such variant.
    """

    def __init__(
        self,
        variant: str = "matlab_gray",
        measure_input: bool = False,
        collect_device: str = "cpu",
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        check_variant(variant)
        self.variant = variant
        self.measure_input = measure_input
        self.values = self.input_values = NoReferenceValues(variant, {}, {})
        self.digests: list[str] = []
        self.fingerprint = ""

    def measure(self, sample: Mapping[str, Any]) -> _Record:
        """Measure one image; see :meth:`PerImageMetric.measure`."""
        pred, lq = (to_uint8(to_hwc(sample[key])) for key in ("pred", "lq"))
        return _Record(
            index=int(sample["index"]),
            name=str(sample["name"]),
            pred=measure_niqe(pred, self.variant),
            lq=measure_niqe(lq, self.variant) if self.measure_input else "",
            digest=image_digest(lq),
        )

    def compute_metrics(self, results: list[_Record]) -> dict[str, float]:
        """Keep the images' values and return their mean.

        Args:
            results: One record an image, in the data set's order.

        Raises:
            DataError: If NIQE says nothing about any of the images.
        """
        self.digests = [record.digest for record in results]
        self.fingerprint = dataset_fingerprint(self.digests)
        self.values = NoReferenceValues.collect(self.variant, {r.name: r.pred for r in results})
        if self.values.left_out:
            name, reason = next(iter(self.values.left_out.items()))
            print_log(
                f"NIQEMetric left out {len(self.values.left_out)} of {len(results)} images, for "
                f"example {name!r}: {reason}",
                logger="current",
                level=logging.WARNING,
            )
        metrics = {f"niqe/{self.variant}": mean(self.values.images.values())}
        self.input_values = NoReferenceValues(self.variant, {}, {})
        if self.measure_input:
            found = {record.name: record.lq for record in results}
            self.input_values = NoReferenceValues.collect(self.variant, found)
            metrics[f"input/niqe/{self.variant}"] = mean(self.input_values.images.values())
        return metrics

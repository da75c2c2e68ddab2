"""The mmengine metric that measures a test set under named protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from restorekit.errors import ConfigError, DataError
from restorekit.io.fingerprint import dataset_fingerprint, image_digest
from restorekit.io.tensors import to_hwc
from restorekit.registry import METRICS

from .functional.color import to_uint8
from .per_image import ImageRecord, PerImageMetric
from .protocols import Protocol, build_protocol, measure_all
from .summary import ImageValues, Measured, by_protocol, mean


@dataclass(frozen=True)
class _Record(ImageRecord):
    pred: Measured
    lq: Measured
    digest: str


@METRICS.register_module()
class ProtocolMetric(PerImageMetric):
    """PSNR and SSIM of every image under each protocol, and the data set's fingerprint.

    ``evaluate`` returns the means over images as ``psnr/<protocol>`` and
    ``ssim/<protocol>``, in the order of ``protocols``, and with ``measure_input`` those of
    the rainy input as ``input/psnr/<protocol>``, ``input/ssim/<protocol>``. To keep the
    best checkpoint by one of them::

        checkpoint=dict(type='CheckpointHook', save_best='psnr/rgb_u8', rule='greater')

    (``rule`` is needed because mmengine does not know that more PSNR is better; the
    checkpoint is called ``best_psnr_rgb_u8_…``).

    Every image counts once, on any number of processes, and the means do not depend on
    their order; see :class:`PerImageMetric`.

    Args:
        protocols: Which protocols: names, :class:`Protocol` objects, or dicts as
            :func:`~restorekit.metrics.build_protocol` takes them. There is no default: a
            number without its protocol says nothing.
        measure_input: Whether to measure ``lq`` against ``gt`` as well, for the "rainy
            input" row of tables.
        collect_device: See :class:`PerImageMetric`.
        prefix: Likewise.

    Attributes:
        images: After ``evaluate``, on every process: protocol → ``psnr``/``ssim`` → image
            name → value. :func:`~restorekit.metrics.summarize` makes results.json of it.
        input_images: The same for the input; empty without ``measure_input``.
        digests: After ``evaluate``: the :func:`~restorekit.metrics.image_digest` of each pair of
            lq and gt, in the data set's order.
        fingerprint: After ``evaluate``: what the data set contains, as
            :func:`~restorekit.metrics.dataset_fingerprint` of these digests.

    Raises:
        ConfigError: If ``protocols`` is empty or has one name twice.
    """

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
        self.digests: list[str] = []

    def measure(self, sample: Mapping[str, Any]) -> _Record:
        """Measure one image; see :meth:`PerImageMetric.measure`.

        Raises:
            DataError: If it has no ground truth or cannot be measured.
        """
        name = str(sample["name"])
        if sample.get("gt") is None:
            raise DataError(
                f"Image {name!r} has no ground truth, which ProtocolMetric needs; give the "
                "dataset a gt folder, or take ProtocolMetric out of the evaluator and measure "
                "without reference (NIQEMetric)."
            )
        pred, lq, gt = (to_hwc(sample[key]) for key in ("pred", "lq", "gt"))
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

    def compute_metrics(self, results: list[_Record]) -> dict[str, float]:
        """Keep the images' values and return their means.

        Args:
            results: One record an image, in the data set's order.
        """
        self.images = by_protocol({record.name: record.pred for record in results})
        self.digests = [record.digest for record in results]
        self.fingerprint = dataset_fingerprint(self.digests)
        metrics = _means(self.images)
        self.input_images = {}
        if self.measure_input:
            self.input_images = by_protocol({record.name: record.lq for record in results})
            metrics |= {f"input/{key}": value for key, value in _means(self.input_images).items()}
        return metrics


def _means(images: ImageValues) -> dict[str, float]:
    return {
        f"{metric}/{protocol}": mean(values.values())
        for protocol, metrics in images.items()
        for metric, values in metrics.items()
    }

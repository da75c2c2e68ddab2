"""From the numbers of images to those of a test set, in the form of results.json."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

#: Protocol name to ``psnr`` or ``ssim`` to image name to value.
ImageValues = dict[str, dict[str, dict[str, float]]]
#: What is measured of one image: protocol name to ``{"psnr": dB, "ssim": mean}``.
Measured = dict[str, dict[str, float]]


def by_protocol(measured: Mapping[str, Measured]) -> ImageValues:
    """Turn values by image name into values by protocol and metric."""
    turned: ImageValues = {}
    for name, protocols in measured.items():
        for protocol, metrics in protocols.items():
            for metric, value in metrics.items():
                turned.setdefault(protocol, {}).setdefault(metric, {})[name] = value
    return turned


def mean(values: Iterable[float]) -> float:
    """Return the mean, to the last bit the same in whatever order the values come.

    Raises:
        ZeroDivisionError: If there are none.
    """
    values = list(values)
    return math.fsum(values) / len(values)


def summarize(images: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, Any]:
    """Return the ``protocols`` part of results.json.

    Args:
        images: Values of images as :class:`~restorekit.metrics.ProtocolMetric` keeps them.

    Returns:
        ``{protocol: {"psnr": {"mean": …, "images": {name: …}}, "ssim": …}}``.
    """
    return {
        protocol: {
            metric: {"mean": mean(values.values()), "images": dict(values)}
            for metric, values in metrics.items()
        }
        for protocol, metrics in images.items()
    }

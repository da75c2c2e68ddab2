"""From the numbers of images to those of a test set, in the form of results.json."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TypedDict

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


class Measure(TypedDict):
    """The value of each image by its name, and their mean."""

    mean: float
    images: dict[str, float]


def with_mean(images: Mapping[str, float]) -> Measure:
    """Return the values of images with their mean.

    Raises:
        ZeroDivisionError: If there are none.
    """
    return {"mean": mean(images.values()), "images": dict(images)}


def summarize(
    images: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> dict[str, dict[str, Measure]]:
    """Return the ``protocols`` part of results.json.

    Args:
        images: Values of images as :class:`~restorekit.metrics.ProtocolMetric` keeps them.

    Returns:
        ``{protocol: {"psnr": {"mean": …, "images": {name: …}}, "ssim": …}}``.
    """
    return {
        protocol: {metric: with_mean(values) for metric, values in metrics.items()}
        for protocol, metrics in images.items()
    }

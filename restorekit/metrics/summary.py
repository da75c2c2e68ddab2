"""From the numbers of images to those of a test set, in the form of results.json."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

#: Protocol name to ``psnr`` or ``ssim`` to image name to value.
ImageValues = dict[str, dict[str, dict[str, float]]]


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

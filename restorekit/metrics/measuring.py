"""Measure one image."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from restorekit.errors import DataError
from restorekit.io.images import read_image

from .measures import DEFAULT_WITHOUT_GT, Image, Measure
from .plan import Plan
from .protocols import PROTOCOLS, Protocol


def measure(
    pred: Image | str | os.PathLike[str],
    gt: Image | str | os.PathLike[str] | None = None,
    *,
    protocols: Iterable[str | Protocol | Mapping[str, Any]] = (),
    measures: Iterable[str | Measure | Mapping[str, Any]] = (),
) -> dict[str, float]:
    """Measure one restored image.

    Args:
        pred: The restored image: an RGB array (H, W, 3), uint8 or float in [0, 1], or a file.
        gt: The clean image of the same size; not needed for measures such as NIQE.
        protocols: Protocols to measure under, by name or as objects. Without ``measures``, all
            registered ones by default if there is a ``gt``.
        measures: Measures without a protocol, such as ``"niqe"`` or ``"name:variant"``. Without
            ``protocols``, NIQE by default if there is no ``gt``.

    Returns:
        The values by ``<measure>/<protocol or variant>``, such as ``psnr/rgb_u8``.

    Raises:
        DataError: If a file cannot be read, the images do not fit together, or a measure has no
            value for them.
        ConfigError: If a measure needs a protocol.
        UnknownNameError: If a protocol or measure does not exist.

    Example:
        >>> values = measure(clean + 10, clean, protocols=["rgb_u8"], measures=[])
        >>> {key: round(value, 2) for key, value in values.items()}
        {'psnr/rgb_u8': 28.13, 'ssim/rgb_u8': 1.0}
    """
    plan = Plan(*or_default(list(protocols), list(measures), gt is not None))
    restored = _pixels(pred)
    clean = None if gt is None else _pixels(gt)
    found: dict[str, float] = {}
    for key, value in plan.measure(restored, clean).items():
        if isinstance(value, str):
            raise DataError(f"{key} has no value for this image: {value}")
        found[key] = value
    return found


def _pixels(image: Image | str | os.PathLike[str]) -> Image:
    return read_image(image) if isinstance(image, (str, os.PathLike)) else image


def or_default(
    protocols: list[Any], measures: list[Any], has_gt: bool
) -> tuple[list[Any], list[Any]]:
    """Return the protocols and measures; if both are empty, all protocols, or NIQE without gt."""
    if protocols or measures:
        return protocols, measures
    return (list(PROTOCOLS), []) if has_gt else ([], [DEFAULT_WITHOUT_GT])

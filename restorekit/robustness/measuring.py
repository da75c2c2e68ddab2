"""Restore photographs under all conditions, and measure what comes out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from restorekit.datasets.readers.sources import FolderImages
from restorekit.errors import ConfigError, DataError
from restorekit.evaluation.schema import RAINY_INPUT
from restorekit.io.fingerprint import dataset_fingerprint, image_digest
from restorekit.io.images import Image
from restorekit.io.terminal import progress
from restorekit.metrics.measures import Measure
from restorekit.metrics.plan import Plan, mean
from restorekit.metrics.protocols import Protocol

from .conditions import Condition

#: Longest side in pixels of a photograph; larger ones are reduced to it.
MAX_SIDE, QUICK_SIDE = 768, 384
#: Number of photographs that are taken in little time.
QUICK_PHOTOS = 4
#: Smallest side of a photograph, so that SSIM's window fits into a quarter of it.
_MIN_SIDE = 64


@dataclass(frozen=True)
class Model:
    """A network that is compared.

    Attributes:
        label: Its name in tables.
        restore: Takes and returns uint8 RGB (H, W, 3).
    """

    label: str
    restore: Callable[[Image], Image]


@dataclass
class Measured:
    """The values of all methods under all conditions.

    Attributes:
        protocol: The protocol.
        labels: The methods, the rainy input first.
        conditions: The conditions.
        photos: Names of the photographs.
        fingerprint: Fingerprint of the photographs, as they were taken.
        seed: Seed of the rain.
        values: Key of a condition, method, measure and photograph to a value.
    """

    protocol: Protocol
    labels: list[str]
    conditions: list[Condition]
    photos: list[str]
    fingerprint: str
    seed: int
    values: dict[str, dict[str, dict[str, dict[str, float]]]] = field(default_factory=dict)

    def of(self, condition: Condition, label: str, measure: str) -> Mapping[str, float]:
        """Return the values of a method by photograph."""
        return self.values[condition.key][label][measure]

    def mean(self, condition: Condition, label: str, measure: str) -> float:
        return mean(self.of(condition, label, measure).values())

    def gains(self, condition: Condition, label: str, measure: str) -> dict[str, float]:
        """Return by photograph how much better than the rainy input a method is; below 0: worse."""
        sign = 1 if self.measures[measure].higher_is_better else -1
        rainy = self.of(condition, RAINY_INPUT, measure)
        return {
            name: sign * (value - rainy[name])
            for name, value in self.of(condition, label, measure).items()
        }

    @property
    def measures(self) -> dict[str, Measure]:
        """The measures of the protocol by name, the deciding one first."""
        quantities = Plan([self.protocol]).quantities.values()
        return {quantity.measure.name: quantity.measure for quantity in quantities}

    @property
    def deciding(self) -> Measure:
        """The first measure of the protocol."""
        return next(iter(self.measures.values()))


def take_photos(folder: str | os.PathLike[str], quick: bool = False) -> dict[str, Image]:
    """Return the photographs of a folder by name, reduced to :data:`MAX_SIDE`.

    Args:
        folder: The folder.
        quick: Whether to take :data:`QUICK_PHOTOS` of them, evenly spaced in the order of their
            names, at :data:`QUICK_SIDE`.

    Raises:
        DataError: If there are none, or one is too small or cannot be read.
    """
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise DataError(f"{folder} is not a folder; give one with clean photographs.")
    images = FolderImages(path)
    indices = list(range(len(images.names)))
    if quick and len(indices) > QUICK_PHOTOS:
        indices = [round(i * (len(indices) - 1) / (QUICK_PHOTOS - 1)) for i in range(QUICK_PHOTOS)]
    found = {}
    for index in indices:
        photo = _reduced(images.read(index), QUICK_SIDE if quick else MAX_SIDE)
        height, width = photo.shape[:2]
        if min(height, width) < _MIN_SIDE:
            raise DataError(
                f"{images.label(index)} is {width}×{height} pixels after it was reduced to at "
                f"most {MAX_SIDE}: the smaller side must have {_MIN_SIDE}."
            )
        found[images.names[index]] = photo
    return found


def _reduced(photo: Image, side: int) -> Image:
    height, width = photo.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return photo
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    reduced: Image = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    return reduced


def measure_robustness(
    models: Sequence[Model],
    photos: Mapping[str, Image],
    conditions: Sequence[Condition],
    protocol: Protocol,
    seed: int = 0,
) -> Measured:
    """Restore and measure every photograph under every condition.

    Args:
        models: The networks.
        photos: Photographs by name, see :func:`take_photos`.
        conditions: The conditions.
        protocol: What is measured and how; restored images are measured as 8-bit images.
        seed: Seed of the rain.

    Raises:
        ConfigError: If two models have one label.
        RestoreKitError: If a network or a protocol cannot be applied.
    """
    labels = [RAINY_INPUT, *(model.label for model in models)]
    for label in labels:
        if labels.count(label) > 1:
            raise ConfigError(
                f"Two methods are called {label!r}: name one of them otherwise, as OTHER=FILE."
            )
    measured = Measured(
        protocol,
        labels,
        list(conditions),
        list(photos),
        dataset_fingerprint(map(image_digest, photos.values())),
        seed,
    )
    plan = Plan([protocol])
    work = [(condition, name) for condition in conditions for name in photos]
    for condition, name in progress(work, "robustness", len(work)):
        rainy, clean = condition.make(photos[name], seed)
        for label, image in _restored(models, rainy):
            values = measured.values.setdefault(condition.key, {}).setdefault(label, {})
            for key, value in plan.measure(image, clean).items():
                if isinstance(value, str):
                    raise DataError(f"{name} under {condition.key} has no {key}: {value}")
                values.setdefault(key.split("/")[0], {})[name] = value
    return measured


def _restored(models: Sequence[Model], rainy: Image) -> Iterator[tuple[str, Image]]:
    yield RAINY_INPUT, rainy
    for model in models:
        yield model.label, model.restore(rainy)

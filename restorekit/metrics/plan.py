"""What to measure on a set of images, and the values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from restorekit.errors import ConfigError, DataError

from .functional.color import to_uint8
from .measures import DEFAULT_WITHOUT_GT, Image, Measure, build_measure
from .protocols import Protocol, build_protocol, measure_all

#: A value of one image, or the sentence that says why it has none.
Value = float | str


@dataclass(frozen=True)
class Quantity:
    """A measure, taken in one way.

    Attributes:
        measure: The measure.
        protocol: The protocol under which it is taken; None without one.
    """

    measure: Measure
    protocol: Protocol | None = None

    @property
    def key(self) -> str:
        """Its name in logs and results files: ``<measure>/<protocol or variant>``."""
        name, variant = self.measure.name, self.measure.variant
        return "/".join(filter(None, [name, self.protocol.name if self.protocol else variant]))


@dataclass(frozen=True)
class Values:
    """The values of a quantity on a set of images.

    Attributes:
        quantity: What was measured.
        images: Image name to value.
        left_out: Image name to the reason why it has none.
    """

    quantity: Quantity
    images: dict[str, float] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def mean(self) -> float:
        """The mean, the same to the last bit for any order of the values."""
        return mean(self.images.values())


def mean(values: Iterable[float]) -> float:
    """Return the mean, the same to the last bit for any order of the values.

    Raises:
        ZeroDivisionError: If there are none.
    """
    values = list(values)
    return math.fsum(values) / len(values)


class Plan:
    """The protocols and measures to take of each image.

    Args:
        protocols: Protocols: names, :class:`Protocol` objects, or dicts as
            :func:`~restorekit.metrics.build_protocol` takes them. Each is measured with its own
            measures.
        measures: Measures without a protocol, as
            :func:`~restorekit.metrics.measures.build_measure` takes them. They see images as
            they are saved, in uint8.

    Raises:
        ConfigError: If a name appears twice, or a measure needs a protocol.
        UnknownNameError: If there is no such protocol or measure.
    """

    def __init__(
        self,
        protocols: Iterable[str | Protocol | Mapping[str, Any]] = (),
        measures: Iterable[str | Measure | Mapping[str, Any]] = (),
    ) -> None:
        self.protocols = [build_protocol(protocol) for protocol in protocols]
        self.measures = [build_measure(measure) for measure in measures]
        for measure in self.measures:
            if measure.needs_protocol:
                raise ConfigError(
                    f"{measure.label} is measured only under a protocol, which says how: name one "
                    "(--protocol rgb_u8, or protocols=['rgb_u8'] in a config)."
                )
        quantities = [
            Quantity(build_measure(name), protocol)
            for protocol in self.protocols
            for name in protocol.measures
        ]
        quantities += [Quantity(measure) for measure in self.measures]
        self.quantities = {quantity.key: quantity for quantity in quantities}
        if len(self.quantities) < len(quantities):
            keys = [quantity.key for quantity in quantities]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise ConfigError(
                f"protocols and measures name {twice!r} twice; leave one out, or give it another "
                "name."
            )

    def needing_gt(self) -> str | None:
        """Return what needs the ground truth, in words; None if nothing does."""
        if self.protocols:
            return f"The protocol {self.protocols[0].name}"
        return next((one.label for one in self.measures if one.needs_gt), None)

    def measure(self, pred: Image, gt: Image | None = None) -> dict[str, Value]:
        """Measure one image.

        Args:
            pred: Restored image, RGB, (H, W, 3): float in [0, 1], unclamped as the network
                gave it, or uint8.
            gt: Ground truth of the same shape; may be missing where nothing needs it.

        Returns:
            Key to value, or to the reason why a measure says nothing about this image.

        Raises:
            DataError: If a protocol cannot be applied: shapes differ, a value is not finite, or
                the image is smaller than SSIM's window.
        """
        needing = self.needing_gt()
        if gt is None and needing:
            raise DataError(
                f"{needing} compares with the ground truth, and there is none; give the dataset a "
                f"gt folder, or measure without it (--metric {DEFAULT_WITHOUT_GT})."
            )
        found: dict[str, Value] = {}
        shared = measure_all(self.protocols, pred, gt) if self.protocols and gt is not None else {}
        if pred.dtype != np.uint8 and not np.isfinite(pred).all():
            raise DataError(
                "The restored image has values that are NaN or infinite, so it cannot be "
                "measured; look for a diverged training run or an overflow in half precision."
            )
        for key, quantity in self.quantities.items():
            measure, protocol = quantity.measure, quantity.protocol
            if protocol is None:
                clean = None if gt is None or not measure.needs_gt else to_uint8(gt)
                found[key] = _value(measure, to_uint8(pred), clean)
            elif measure.name in shared[protocol.name]:
                found[key] = shared[protocol.name][measure.name]
            else:
                clean = protocol.view(gt) if gt is not None and measure.needs_gt else None
                found[key] = _value(measure, protocol.view(pred), clean)
        return found

    def collect(self, measured: Mapping[str, Mapping[str, Value]]) -> dict[str, Values]:
        """Turn what was measured image by image into the values of each quantity.

        Args:
            measured: Image name to what :meth:`measure` returned.

        Returns:
            Key to values. A quantity without any value is left out where another has some.

        Raises:
            DataError: If no image has a value of anything.
        """
        values = {key: Values(quantity) for key, quantity in self.quantities.items()}
        for name, found in measured.items():
            for key, value in found.items():
                if isinstance(value, str):
                    values[key].left_out[name] = value
                else:
                    values[key].images[name] = value
        if values and not any(one.images for one in values.values()):
            name, reason = next(iter(next(iter(values.values())).left_out.items()))
            raise DataError(f"None of {len(measured)} images can be measured; {name!r}: {reason}")
        return {key: one for key, one in values.items() if one.images}


def _value(measure: Measure, pred: Image, gt: Image | None) -> Value:
    try:
        value = float(measure(pred, gt))
    except DataError as error:
        return str(error)
    return value if math.isfinite(value) else f"{measure.label} is {value} for this image."

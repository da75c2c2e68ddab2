"""The registry of measures: numbers that say how good a restored image is.

A measure is a class that states its name and how it is shown and ranked, and measures one image.
To add one, register a subclass of :class:`Measure`; no other file changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from restorekit.errors import ConfigError, UnknownNameError, did_you_mean
from restorekit.registry import MEASURES

from .functional.niqe import NIQE_VARIANTS, niqe

Image = npt.NDArray[Any]
#: The measure for images without ground truth, unless another is requested.
DEFAULT_WITHOUT_GT = "niqe"


class Measure:
    """A number that says how good a restored image is.

    Args:
        variant: One of :attr:`variants`; None for the first one, if there are any.

    Attributes:
        name: Its name on the command line, in logs and in results files, such as ``psnr``.
        label: Its name in tables, such as ``PSNR``.
        unit: Its unit, or an empty string.
        digits: Decimals of a mean in a table.
        higher_is_better: Its direction.
        needs_gt: Whether it compares with the ground truth.
        needs_protocol: Whether it is measured only under a protocol, as PSNR is.
        variants: Variant to its description, where several exist; the first is the default.

    Raises:
        ConfigError: If the variant is unknown.

    Example:
        >>> class Brightness(Measure):
        ...     name, label, unit, needs_gt = "brightness", "Brightness", "levels", False
        ...     def __call__(self, pred, gt=None):
        ...         return float(pred.mean())
        >>> Brightness()(clean)
        100.0
    """

    name: str
    label: str
    unit: str = ""
    digits: int = 4
    higher_is_better: bool = True
    needs_gt: bool = True
    needs_protocol: bool = False
    variants: ClassVar[Mapping[str, str]] = {}

    def __init__(self, variant: str | None = None) -> None:
        if variant is not None and variant not in self.variants:
            known = ", ".join(self.variants)
            raise ConfigError(
                f"{self.label} has no variant {variant!r}."
                f"{did_you_mean(variant, self.variants)} "
                + (f"Its variants are {known}." if known else "It has no variants.")
            )
        self.variant = variant or next(iter(self.variants), None)

    def __call__(self, pred: Image, gt: Image | None = None) -> float:
        """Measure one image.

        Args:
            pred: Restored image, RGB, (H, W, 3), uint8. Under a protocol it is what the
                protocol compares: (H, W, 3) or (H, W), uint8 or float, on the scale 0 to 255.
            gt: Ground truth of the same kind; None for a measure that needs none.

        Raises:
            DataError: If this image has no value. It is left out of the mean.
        """
        raise NotImplementedError


@MEASURES.register_module()
class PSNR(Measure):
    """Peak signal-to-noise ratio."""

    name = "psnr"
    label = "PSNR"
    unit = "dB"
    digits = 2
    needs_protocol = True


@MEASURES.register_module()
class SSIM(Measure):
    """Structural similarity; the protocol says which."""

    name = "ssim"
    label = "SSIM"
    needs_protocol = True


@MEASURES.register_module()
class NIQE(Measure):
    """Distance of an image's statistics from those of undistorted photographs."""

    name = "niqe"
    label = "NIQE"
    digits = 3
    higher_is_better = False
    needs_gt = False
    variants: ClassVar[Mapping[str, str]] = NIQE_VARIANTS

    def __call__(self, pred: npt.NDArray[np.uint8], gt: Image | None = None) -> float:
        """Measure one image; see :func:`~restorekit.metrics.functional.niqe`."""
        return niqe(pred, str(self.variant))


@MEASURES.register_module()
class CallableMeasure(Measure):
    """A function of any package as a measure.

    Args:
        function: ``package.module.function``, or the function itself. It takes the restored
            image and, with ``needs_gt``, the ground truth, both RGB, (H, W, 3), uint8, and
            returns a number.
        name: Its name on the command line, in logs and in results files.
        higher_is_better: Its direction.
        label: Its name in tables; by default ``name``.
        unit: Its unit.
        digits: Decimals of a mean in a table.
        needs_gt: Whether the function takes the ground truth.

    Raises:
        ConfigError: If there is no such function.

    Example:
        >>> mse = CallableMeasure(
        ...     "skimage.metrics.mean_squared_error", name="mse", higher_is_better=False)
        >>> float(mse(clean + 10, clean))
        100.0
    """

    def __init__(
        self,
        function: str | Callable[..., float],
        name: str,
        higher_is_better: bool,
        label: str | None = None,
        unit: str = "",
        digits: int = 4,
        needs_gt: bool = True,
    ) -> None:
        self.name, self.label, self.unit = name, label or name, unit
        self.digits, self.higher_is_better, self.needs_gt = digits, higher_is_better, needs_gt
        super().__init__()
        self.function = _imported(function) if isinstance(function, str) else function

    def __call__(self, pred: Image, gt: Image | None = None) -> float:
        """Call the function."""
        return self.function(pred, gt) if self.needs_gt else self.function(pred)


def known_measures() -> dict[str, type[Measure]]:
    """Return the registered measures whose class states a name, by that name."""
    registered: list[type[Measure]] = [MEASURES.get(key) for key in MEASURES.names()]
    return {measure.name: measure for measure in registered if hasattr(measure, "name")}


def find_measure(name: str) -> type[Measure]:
    """Return the measure with a name.

    Raises:
        UnknownNameError: If there is none.
    """
    known = known_measures()
    if name not in known:
        raise UnknownNameError(
            f"{name!r} is not a measure.{did_you_mean(name, known)} There are "
            f"{', '.join(sorted(known))}; `restorekit list measures` describes them."
        )
    return known[name]


def build_measure(value: str | Measure | Mapping[str, Any]) -> Measure:
    """Return the measure that a config or the command line names.

    Args:
        value: ``name`` or ``name:variant``, a measure, or a dict with its class as ``type``
            and the arguments beside it.

    Raises:
        UnknownNameError: If there is no such measure.
        ConfigError: If there is no such variant or argument.

    Example:
        >>> build_measure("niqe:basicsr_y").variant
        'basicsr_y'
    """
    if isinstance(value, Measure):
        return value
    if isinstance(value, str):
        name, _, variant = value.partition(":")
        return find_measure(name)(**({"variant": variant} if variant else {}))
    measure: Measure = MEASURES.build(dict(value))
    return measure


def fine_digits(measure: Any) -> int:
    """Return how many decimals show single images and small differences.

    Args:
        measure: Anything with ``digits``: a measure or a measured quantity.
    """
    return int(measure.digits) // 2 * 2 + 2


def _imported(path: str) -> Callable[..., float]:
    module, _, name = path.rpartition(".")
    try:
        function: Callable[..., float] = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"CallableMeasure: function {path!r} cannot be imported ({error}); give "
            "'package.module.function' of an importable module."
        ) from error
    return function

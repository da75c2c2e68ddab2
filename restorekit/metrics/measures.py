"""The registry of measures: what can be measured of a restored image, and how it is shown.

A measure is a class that says of itself how it is called, written and ranked, and measures one
image. To add one, register a subclass of :class:`Measure`; no other file changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from restorekit.errors import ConfigError, UnknownNameError, did_you_mean
from restorekit.registry import MEASURES

from .functional.niqe import NIQE_VARIANTS, niqe

Image = npt.NDArray[Any]


class Measure:
    """A number that says how good a restored image is.

    Args:
        variant: Which of :attr:`variants`; None for the first, and where there are none.

    Attributes:
        name: Its name on the command line, in logs and results files, as in ``psnr``.
        label: Its name in tables, as in ``PSNR``.
        unit: Its unit, or an empty string.
        digits: Decimals of a mean in a table.
        higher_is_better: Its direction.
        needs_gt: Whether it compares with the ground truth.
        variants: Variant to what it is, where several exist; the first is the default.

    Raises:
        ConfigError: If the variant is unknown.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    unit: ClassVar[str] = ""
    digits: ClassVar[int] = 4
    higher_is_better: ClassVar[bool] = True
    needs_gt: ClassVar[bool] = True
    variants: ClassVar[Mapping[str, str]] = {}

    def __init__(self, variant: str | None = None) -> None:
        if variant is not None and variant not in self.variants:
            known = ", ".join(self.variants) or "no variants"
            raise ConfigError(
                f"{self.label} has no variant {variant!r}."
                f"{did_you_mean(variant, self.variants)} It has {known}."
            )
        self.variant = variant or next(iter(self.variants), None)

    @property
    def key(self) -> str:
        """The name of what is measured, variant included: ``niqe/matlab_gray``."""
        return f"{self.name}/{self.variant}" if self.variant else self.name

    def __call__(self, pred: Image, gt: Image | None = None) -> float:
        """Measure one image.

        Args:
            pred: Restored image, (H, W, 3), RGB, uint8. Under a protocol it is what that
                compares: (H, W, 3) or (H, W), uint8 or float, on the scale 0 to 255.
            gt: Ground truth of the same kind; None for a measure without it.

        Raises:
            DataError: If this image has no value; it is left out of the mean.
        """
        raise NotImplementedError


@MEASURES.register_module()
class PSNR(Measure):
    """Peak signal-to-noise ratio; measured under a protocol."""

    name = "psnr"
    label = "PSNR"
    unit = "dB"
    digits = 2


@MEASURES.register_module()
class SSIM(Measure):
    """Structural similarity; measured under a protocol, which says which SSIM."""

    name = "ssim"
    label = "SSIM"


@MEASURES.register_module()
class NIQE(Measure):
    """How far an image's statistics are from those of undistorted photographs."""

    name = "niqe"
    label = "NIQE"
    digits = 3
    higher_is_better = False
    needs_gt = False
    variants = NIQE_VARIANTS

    def __call__(self, pred: npt.NDArray[np.uint8], gt: Image | None = None) -> float:
        """Measure one image; see :func:`~restorekit.metrics.functional.niqe`."""
        return niqe(pred, self.variant or "matlab_gray")


def find_measure(name: str) -> type[Measure]:
    """Return the measure of that name.

    Raises:
        UnknownNameError: If there is none.
    """
    registered: list[type[Measure]] = [MEASURES.get(key) for key in MEASURES.names()]
    known = {measure.name: measure for measure in registered if hasattr(measure, "name")}
    if name not in known:
        raise UnknownNameError(
            f"{name!r} is not a measure.{did_you_mean(name, known)} There are "
            f"{', '.join(sorted(known))}; `restorekit list measures` describes them."
        )
    return known[name]

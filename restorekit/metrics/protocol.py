"""A protocol: one way of comparing images, completely described."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from typing import get_args

import numpy as np

from restorekit.errors import ConfigError, did_you_mean

from .comparison import LUMA, Color, Comparison, Image, Quantize, View
from .functional.color import luma_studio_u8, to_uint8
from .functional.psnr import psnr_of_mse
from .functional.ssim import SSIMSpec

_CONVERTED: dict[Color, Callable[[Image], Image]] = {
    "rgb": lambda image: image,
    "y_studio_u8": luma_studio_u8,
    **LUMA,
}


@dataclasses.dataclass(frozen=True)
class Protocol:
    """One way of comparing images, completely described.

    Everything is computed in float64 on the scale 0 to 255; neither PSNR nor SSIM changes
    when images, peak and constants are scaled together, so this covers scripts that work
    on [0, 1].

    Args:
        name: Letters, digits, ``_``, ``-`` and ``.``; shown with every number.
        color: What is compared: ``rgb`` (all three channels; PSNR from their common MSE,
            SSIM the mean of the three, so BGR gives the same), ``y_studio_u8`` (MATLAB's
            luma of a uint8 image, rounded), ``y_studio`` (the same, not rounded),
            ``y_pil`` (Pillow's full-range luma) or ``y_full`` (full range, not rounded).
        quantize: ``round`` or ``floor`` turns both into uint8 images first, so that a tensor
            and the PNG saved from it measure the same; ``none`` measures floats.
        clip_ssim: Whether values are clipped to the displayable range for SSIM, as they always
            are for PSNR. Makes a difference only if ``quantize`` is ``none``.
        ssim: The variant of SSIM.
        crop_border: Number of pixels that are cut off at each side before measuring.
        identical_psnr: PSNR in dB of two identical images. Infinity would make the mean over a
            test set infinite, and JSON cannot hold it.
        measures: Names of the measures taken under the protocol. Those other than ``psnr`` and
            ``ssim`` are given the :meth:`view` of both images.
        description: What it reproduces, in a sentence.

    Raises:
        ConfigError: If a value is invalid or two contradict each other.

    Example:
        >>> protocol = Protocol("green_border", color="y_full", crop_border=4)
        >>> round(protocol.measure(clean + 10, clean)["psnr"], 2)
        28.13
    """

    name: str
    color: Color = "rgb"
    quantize: Quantize = "round"
    clip_ssim: bool = True
    ssim: SSIMSpec = dataclasses.field(default_factory=SSIMSpec)
    crop_border: int = 0
    identical_psnr: float = 100.0
    measures: tuple[str, ...] = ("psnr", "ssim")
    description: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", self.name):
            raise ConfigError(
                f"Protocol name {self.name!r}: use letters, digits, '_', '-' and '.' only, as in "
                "'rgb_u8'; it becomes part of metric keys and file names."
            )
        for field, known in (("color", get_args(Color)), ("quantize", get_args(Quantize))):
            value = getattr(self, field)
            if value not in known:
                raise ConfigError(
                    f"Protocol {self.name}: {field} is {value!r}, but must be one of "
                    f"{', '.join(known)}.{did_you_mean(str(value), known)}"
                )
        if self.color in ("y_studio_u8", "y_pil") and self.quantize == "none":
            raise ConfigError(
                f"Protocol {self.name}: color {self.color!r} is defined on uint8 images, so "
                "quantize cannot be 'none'; use 'round', or color 'y_studio' or 'y_full'."
            )
        # Configs have lists, but a protocol must be hashable.
        object.__setattr__(self, "measures", tuple(self.measures))
        crop = self.crop_border
        if isinstance(crop, bool) or not isinstance(crop, int) or crop < 0:
            raise ConfigError(
                f"Protocol {self.name}: crop_border is {crop!r}, but must be a whole number of "
                "pixels, 0 or more."
            )
        if not np.isfinite(self.identical_psnr):
            raise ConfigError(
                f"Protocol {self.name}: identical_psnr is {self.identical_psnr}, which JSON "
                "cannot hold; give a number of dB such as 100."
            )

    def __str__(self) -> str:
        """Return the description, with the crop."""
        if not self.crop_border:
            return self.description
        return f"{self.description} Crops {self.crop_border} pixels at each side.".strip()

    def view(self, image: Image) -> Image:
        """Return an image as it is compared: cropped, quantised and converted to ``color``.

        Args:
            image: RGB, (H, W, 3): float in [0, 1], unclamped, or uint8.

        Returns:
            (H, W, 3) or (H, W), uint8 or float64, on the scale 0 to 255.
        """
        height, width = image.shape[:2]
        crop = self.crop_border
        image = image[crop : height - crop, crop : width - crop]
        if self.quantize != "none":
            image = to_uint8(image, self.quantize)
        elif image.dtype != np.uint8:
            image = np.clip(image.astype(np.float64) * 255, 0, 255)
        return _CONVERTED[self.color](image)

    def measure(self, pred: Image, gt: Image) -> dict[str, float]:
        """Return ``{"psnr": dB, "ssim": mean}`` of one image, both finite.

        Args:
            pred: Restored image, RGB, (H, W, 3): float in [0, 1], unclamped as the network
                gave it, or uint8.
            gt: Ground truth, the same shape, float in [0, 1] or uint8.

        Raises:
            DataError: If the shapes differ or are not (H, W, 3), if a value is not finite, or
                if the image, less its cropped border, is smaller than SSIM's window.
        """
        return measure_all([self], pred, gt)[self.name]


def measure_all(
    protocols: Iterable[Protocol], pred: Image, gt: Image
) -> dict[str, dict[str, float]]:
    """Measure one image under several protocols; work that they share is done once.

    Args:
        protocols: Protocols, no two with the same name.
        pred: Restored image, as :meth:`Protocol.measure` takes it.
        gt: Ground truth.

    Returns:
        Protocol name to ``{"psnr": dB, "ssim": mean}``.

    Raises:
        DataError: As :meth:`Protocol.measure`.

    Example:
        >>> from restorekit.metrics import PROTOCOLS
        >>> found = measure_all([PROTOCOLS["rgb_u8"], PROTOCOLS["basicsr_y"]], clean + 10, clean)
        >>> {name: round(values["psnr"], 2) for name, values in found.items()}
        {'rgb_u8': 28.13, 'basicsr_y': 29.45}
    """
    protocols = tuple(protocols)
    measured: dict[str, dict[str, float]] = {}
    for crop_border in {protocol.crop_border for protocol in protocols}:
        comparison = Comparison(pred, gt, crop_border)
        sharing = [protocol for protocol in protocols if protocol.crop_border == crop_border]
        measured |= _measure(sharing, comparison)
    return {protocol.name: measured[protocol.name] for protocol in protocols}


def _measure(protocols: Iterable[Protocol], comparison: Comparison) -> dict[str, dict[str, float]]:
    parts = {protocol: _parts(protocol, comparison) for protocol in protocols}
    wanted: dict[View, dict[SSIMSpec, None]] = {}
    for clipped, whole, spec in parts.values():
        wanted.setdefault(clipped, {})
        wanted.setdefault(whole, {})[spec] = None
    found = comparison.measure(wanted)
    return {
        protocol.name: {
            "psnr": psnr_of_mse(found[clipped].mse, identical=protocol.identical_psnr),
            "ssim": found[whole].ssim[spec],
        }
        for protocol, (clipped, whole, spec) in parts.items()
    }


def _parts(protocol: Protocol, comparison: Comparison) -> tuple[View, View, SSIMSpec]:
    """Return the view for PSNR, the view for SSIM, and which SSIM."""
    return (
        comparison.view(protocol.color, protocol.quantize, clip=True),
        comparison.view(protocol.color, protocol.quantize, protocol.clip_ssim),
        comparison.ssim_spec(protocol.ssim),
    )

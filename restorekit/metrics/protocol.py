"""A protocol: one way of measuring PSNR and SSIM, completely described."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from ..errors import ConfigError, DataError, did_you_mean
from .functional.checks import check_same_shape
from .functional.color import luma_full, luma_pil, luma_studio, luma_studio_u8, to_uint8
from .functional.psnr import psnr
from .functional.ssim import SSIMSpec, ssim

Color = Literal["rgb", "y_studio_u8", "y_studio", "y_pil", "y_full"]
Quantize = Literal["round", "floor", "none"]
Image = npt.NDArray[Any]

_LUMA: dict[str, Callable[[Image], npt.NDArray[np.float64]]] = {
    "y_studio_u8": luma_studio_u8,
    "y_studio": luma_studio,
    "y_pil": luma_pil,
    "y_full": luma_full,
}


@dataclasses.dataclass(frozen=True)
class Protocol:
    """One way of measuring, completely described.

    Everything is computed in float64 on the scale 0 to 255; neither PSNR nor SSIM changes
    when images, peak and constants are scaled together, so this covers scripts that work
    on [0, 1].

    Args:
        name: Letters, digits, ``_``, ``-`` and ``.``; it stands beside every number.
        color: What is compared: ``rgb`` (all three channels; PSNR from their common MSE,
            SSIM the mean of the three, so BGR gives the same), ``y_studio_u8`` (MATLAB's
            luma of a uint8 image, rounded), ``y_studio`` (the same, not rounded),
            ``y_pil`` (Pillow's full-range luma) or ``y_full`` (full range, not rounded).
        quantize: ``round`` or ``floor`` makes uint8 images of both first, so that a tensor
            and the PNG saved from it measure the same; ``none`` measures floats.
        clip_ssim: Whether SSIM too is measured on values clipped to the displayable range,
            as PSNR always is. Says something only where ``quantize`` is ``none``.
        ssim: Which SSIM.
        identical_psnr: PSNR in dB of two images that do not differ, in place of infinity,
            which would make the mean over a test set infinite and is not JSON.
        description: What it reproduces, in a sentence.

    Raises:
        ConfigError: If the values are unknown or contradict each other.
    """

    name: str
    color: Color = "rgb"
    quantize: Quantize = "round"
    clip_ssim: bool = True
    ssim: SSIMSpec = dataclasses.field(default_factory=SSIMSpec)
    identical_psnr: float = 100.0
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
        if not np.isfinite(self.identical_psnr):
            raise ConfigError(
                f"Protocol {self.name}: identical_psnr is {self.identical_psnr}, which JSON "
                "cannot hold; give a number of dB such as 100."
            )

    def measure(self, pred: Image, gt: Image) -> dict[str, float]:
        """Return ``{"psnr": dB, "ssim": mean}`` of one image, both finite.

        Args:
            pred: Restored image, RGB, (H, W, 3): float in [0, 1], unclamped as the network
                gave it, or uint8.
            gt: Ground truth, the same shape, float in [0, 1] or uint8.

        Raises:
            DataError: If the shapes differ or are not (H, W, 3), a value is not finite,
                or the image is smaller than SSIM's window.
        """
        _check_pair(pred, gt)
        x, y = self._prepare(pred), self._prepare(gt)
        clipped = self._convert(np.clip(x, 0, 255)), self._convert(np.clip(y, 0, 255))
        whole = clipped if self.clip_ssim else (self._convert(x), self._convert(y))
        return {
            "psnr": psnr(*clipped, identical=self.identical_psnr),
            "ssim": ssim(*whole, self.ssim),
        }

    def _prepare(self, image: Image) -> Image:
        """Return uint8, or float64 on the scale 0 to 255 where nothing is quantised."""
        if self.quantize != "none":
            return to_uint8(image, self.quantize)
        scale = 1.0 if image.dtype == np.uint8 else 255.0
        return np.multiply(image, scale, dtype=np.float64)

    def _convert(self, image: Image) -> Image:
        return image if self.color == "rgb" else _LUMA[self.color](image)


def _check_pair(pred: Image, gt: Image) -> None:
    check_same_shape(pred, gt)
    if gt.ndim != 3 or gt.shape[2] != 3:
        raise DataError(
            f"The images have shape {gt.shape}, but protocols measure RGB images (height, "
            "width, 3); convert a grey image to RGB first."
        )
    for image, what in ((pred, "restored image"), (gt, "ground truth")):
        if image.dtype != np.uint8 and not np.issubdtype(image.dtype, np.floating):
            raise DataError(
                f"The {what} has type {image.dtype}, but must be uint8, or float in [0, 1]."
            )
        bad = 0 if image.dtype == np.uint8 else int(np.size(image) - np.isfinite(image).sum())
        if bad:
            raise DataError(
                f"The {what} has {bad} values that are NaN or infinite, so it cannot be "
                "measured; look for a diverged training run or an overflow in half precision."
            )


def measure_all(
    protocols: Iterable[Protocol], pred: Image, gt: Image
) -> dict[str, dict[str, float]]:
    """Measure one image under several protocols; what they share is done once.

    Args:
        protocols: Protocols with different names.
        pred: Restored image, as :meth:`Protocol.measure` takes it.
        gt: Ground truth.

    Returns:
        Protocol name to ``{"psnr": dB, "ssim": mean}``.

    Raises:
        DataError: As :meth:`Protocol.measure`.
    """
    _check_pair(pred, gt)
    quantized: dict[Quantize, tuple[Image, Image]] = {"none": (pred, gt)}
    measured = {}
    for protocol in protocols:
        rounding = protocol.quantize
        if rounding != "none" and rounding not in quantized:
            quantized[rounding] = to_uint8(pred, rounding), to_uint8(gt, rounding)
        measured[protocol.name] = protocol.measure(*quantized[rounding])
    return measured

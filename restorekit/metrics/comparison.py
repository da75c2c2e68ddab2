"""Compare a restored image with its ground truth; work that protocols share is done once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from restorekit.errors import DataError

from .functional.color import (
    Channels,
    Rounding,
    luma_full,
    luma_pil,
    luma_studio,
    round_studio_luma,
    scale_studio_luma,
    split_channels,
    studio_luma_parts,
    to_uint8,
)
from .functional.psnr import check_same_shape, squared_error
from .functional.ssim import SSIMSpec, average, downsampling_factor, similarity_map

Color = Literal["rgb", "y_studio_u8", "y_studio", "y_pil", "y_full"]
Quantize = Literal["round", "floor", "none"]
Image = npt.NDArray[Any]

#: The conversions that take images of any type.
LUMA: dict[Color, Callable[[Any], Image]] = {
    "y_studio": luma_studio,
    "y_pil": luma_pil,
    "y_full": luma_full,
}


@dataclass(frozen=True)
class View:
    """What to compare of two images; see :class:`~restorekit.metrics.Protocol`."""

    color: Color
    quantize: Quantize
    clip: bool


@dataclass
class Measured:
    """The mean squared error of a view on the scale 0 to 255, and its SSIM under each spec."""

    mse: float
    ssim: dict[SSIMSpec, float]


class Comparison:
    """Two images of one size, which can be measured in several views.

    Args:
        pred: Restored image, RGB, (H, W, 3): float in [0, 1], unclamped, or uint8.
        gt: Ground truth, the same shape, float in [0, 1] or uint8.
        crop_border: Number of pixels to leave out at each side.

    Raises:
        DataError: If the shapes differ or are not (H, W, 3), if a value is not finite, or if
            the crop leaves nothing.
    """

    def __init__(self, pred: Image, gt: Image, crop_border: int = 0) -> None:
        _check_pair(pred, gt)
        height, width = gt.shape[:2]
        if 2 * crop_border >= min(height, width):
            raise DataError(
                f"An image of {height}×{width} pixels has none left when {crop_border} are "
                "cropped at each side; use a smaller crop_border or leave the image out."
            )
        inner = np.s_[crop_border : height - crop_border, crop_border : width - crop_border]
        self._pred, self._gt = pred[inner], gt[inner]
        self._whole = pred.dtype == np.uint8 and gt.dtype == np.uint8
        self._displayable = self._whole or all(
            image.dtype == np.uint8 or (image.min() >= 0 and image.max() <= 1)
            for image in (pred, gt)
        )
        self._channels: dict[Rounding, tuple[Channels, Channels]] = {}
        self._studio_luma: dict[Rounding, tuple[Image, ...]] = {}
        self._downsampled = downsampling_factor(*self._gt.shape[:2]) > 1

    def view(self, color: Color, quantize: Quantize, clip: bool) -> View:
        """Return a view; settings that make no difference for these images give the same one.

        Rounding changes nothing in uint8 images, and clipping nothing in values that are
        rounded or within the displayable range.
        """
        if self._whole:
            quantize = "round"
        return View(color, quantize, clip or quantize != "none" or self._displayable)

    def ssim_spec(self, spec: SSIMSpec) -> SSIMSpec:
        """Return ``spec``, without downsampling if the images are too small for it."""
        return spec if self._downsampled else spec.without_downsampling

    def measure(self, wanted: Mapping[View, Collection[SSIMSpec]]) -> dict[View, Measured]:
        """Measure views.

        Args:
            wanted: Views from :meth:`view`, each with the SSIM specs from :meth:`ssim_spec`
                to compute in it.

        Raises:
            DataError: If the image is smaller than the window of an SSIM without padding.
        """
        return {view: self._measure(view, specs) for view, specs in wanted.items()}

    def _measure(self, view: View, specs: Collection[SSIMSpec]) -> Measured:
        # Specs that differ only in their padding share the map.
        maps: dict[SSIMSpec, list[SSIMSpec]] = {}
        for spec in specs:
            maps.setdefault(spec.map_spec, []).append(spec)
        error, ssim, channels = 0.0, dict.fromkeys(specs, 0.0), 0
        for pred, gt in self._planes(view):
            channels += 1
            error += squared_error(pred, gt)
            for common, sharing in maps.items():
                similarity = similarity_map(pred, gt, common)
                for spec in sharing:
                    ssim[spec] += average(similarity, spec)
        mse = error / (channels * self._gt.shape[0] * self._gt.shape[1])
        return Measured(mse, {spec: ssim[spec] / channels for spec in ssim})

    def _planes(self, view: View) -> Iterable[tuple[Image, Image]]:
        """Return each channel of both images on the scale 0 to 255, uint8 or float64."""
        if view.quantize == "none":
            pred, gt = (_float_channels(image, view.clip) for image in (self._pred, self._gt))
        else:
            pred, gt = self._rounded(view.quantize)
            if view.color in ("y_studio", "y_studio_u8"):
                finish = scale_studio_luma if view.color == "y_studio" else round_studio_luma
                one, other = self._studio_parts(view.quantize)
                return [(finish(one), finish(other))]
        if view.color == "rgb":
            return zip(pred, gt, strict=True)
        luma_of = LUMA[view.color]
        return [(luma_of(pred), luma_of(gt))]

    def _rounded(self, quantize: Rounding) -> tuple[Channels, Channels]:
        if quantize not in self._channels:
            self._channels[quantize] = (
                split_channels(to_uint8(self._pred, quantize)),
                split_channels(to_uint8(self._gt, quantize)),
            )
        return self._channels[quantize]

    def _studio_parts(self, quantize: Rounding) -> tuple[Image, ...]:
        if quantize not in self._studio_luma:
            channels = self._rounded(quantize)
            self._studio_luma[quantize] = tuple(map(studio_luma_parts, channels))
        return self._studio_luma[quantize]


def _float_channels(image: Image, clip: bool) -> Channels:
    """Return the channels as float64 on the scale 0 to 255."""
    scale = 1.0 if image.dtype == np.uint8 else 255.0
    channels = tuple(
        np.multiply(image[..., channel], scale, dtype=np.float64) for channel in range(3)
    )
    if clip:
        for plane in channels:
            np.clip(plane, 0, 255, out=plane)
    return channels


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

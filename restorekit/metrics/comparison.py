"""A restored image beside its ground truth: what protocols share is computed once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .functional.checks import check_same_shape
from .functional.color import luma_full, luma_pil, luma_studio, luma_studio_u8, to_uint8
from .functional.fast_similarity import fast_dissimilarity_map
from .functional.similarity import Workspace, average, similarity_map
from .functional.ssim import downsample, downsampling_factor
from .functional.ssim_spec import SSIMSpec

Color = Literal["rgb", "y_studio_u8", "y_studio", "y_pil", "y_full"]
Quantize = Literal["round", "floor", "none"]
Image = npt.NDArray[Any]

_LUMA: dict[str, Callable[[Image], Image]] = {
    "y_studio_u8": luma_studio_u8,
    "y_studio": luma_studio,
    "y_pil": luma_pil,
    "y_full": luma_full,
}


@dataclasses.dataclass(frozen=True)
class View:
    """What of two images is compared; see :class:`~restorekit.metrics.Protocol`."""

    color: Color
    quantize: Quantize
    clip: bool


@dataclasses.dataclass
class Measured:
    """The mean squared error of a view on the scale 0 to 255, and its SSIM by each spec."""

    mse: float
    ssim: dict[SSIMSpec, float]


class Comparison:
    """Two images of one size, of which views are measured.

    Args:
        pred: Restored image, RGB, (H, W, 3): float in [0, 1], unclamped, or uint8.
        gt: Ground truth, the same shape, float in [0, 1] or uint8.

    Raises:
        DataError: If the shapes differ or are not (H, W, 3), or a value is not finite.
    """

    def __init__(self, pred: Image, gt: Image) -> None:
        _check_pair(pred, gt)
        self._images: dict[Quantize, tuple[Image, Image]] = {"none": (pred, gt)}
        self._whole = pred.dtype == np.uint8 and gt.dtype == np.uint8
        self._displayable = self._whole or all(
            image.dtype == np.uint8 or (image.min() >= 0 and image.max() <= 1)
            for image in (pred, gt)
        )
        self._work = Workspace(*gt.shape[:2])

    def view(self, color: Color, quantize: Quantize, clip: bool) -> View:
        """Return the view of that description, the same one for what makes no difference here.

        Rounding changes nothing in uint8 images, and clipping nothing in what was rounded or
        lies in the displayable range.
        """
        if self._whole:
            quantize = "round"
        return View(color, quantize, clip or quantize != "none" or self._displayable)

    def ssim_spec(self, spec: SSIMSpec) -> SSIMSpec:
        """Return ``spec``, without its downsampling where images are too small for it to act."""
        height, width = self._images["none"][1].shape[:2]
        if downsampling_factor(height, width) > 1:
            return spec
        return dataclasses.replace(spec, downsample=False)

    def measure(self, view: View, specs: Iterable[SSIMSpec]) -> Measured:
        """Measure one view.

        Args:
            view: As :meth:`view` returned it.
            specs: As :meth:`ssim_spec` returned them.

        Raises:
            DataError: If the image is smaller than the window of an SSIM without padding.
        """
        # Two specs that differ in their padding share the map.
        maps: dict[SSIMSpec, list[SSIMSpec]] = {}
        for spec in specs:
            maps.setdefault(dataclasses.replace(spec, padding="zero"), []).append(spec)
        squared_error, ssim, channels = 0.0, dict.fromkeys(specs, 0.0), 0
        for pred, gt in self._channels(view):
            channels += 1
            # Exact in integers for uint8; one thread, so that the last bit does not depend
            # on their number.
            squared_error += cv2.norm(pred, gt, cv2.NORM_L2SQR)
            for common, asked in maps.items():
                x, y = (downsample(pred), downsample(gt)) if common.downsample else (pred, gt)
                missing = fast_dissimilarity_map(x, y, common, self._work)
                if missing is not None:
                    for spec in asked:
                        ssim[spec] += 1 - average(missing, spec)
                    continue
                similarity = similarity_map(x, y, common, self._work)
                for spec in asked:
                    ssim[spec] += average(similarity, spec)
        pixels = channels * pred.size
        return Measured(squared_error / pixels, {spec: ssim[spec] / channels for spec in ssim})

    def _channels(self, view: View) -> Iterator[tuple[Image, Image]]:
        """Yield the channels of both images on the scale 0 to 255, uint8 or float64.

        They may lie in the workspace, and are gone with the next ones.
        """
        pred, gt = self._rounded(view.quantize)
        if view.quantize == "none":
            if view.color == "rgb":
                yield from self._float_channels(pred, gt, view.clip)
                return
            pred, gt = (_on_255(image, view.clip) for image in (pred, gt))
        if view.color == "rgb":
            split = (cv2.split(np.ascontiguousarray(image)) for image in (pred, gt))
            yield from zip(*split, strict=True)
        else:
            luma = _LUMA[view.color]
            yield luma(pred), luma(gt)

    def _rounded(self, quantize: Quantize) -> tuple[Image, Image]:
        if quantize != "none" and quantize not in self._images:
            pred, gt = self._images["none"]
            self._images[quantize] = to_uint8(pred, quantize), to_uint8(gt, quantize)
        return self._images[quantize]

    def _float_channels(self, pred: Image, gt: Image, clip: bool) -> Iterator[tuple[Image, Image]]:
        for channel in range(3):
            for image, plane in zip((pred, gt), self._work.pair, strict=True):
                scale = 1.0 if image.dtype == np.uint8 else 255.0
                np.multiply(image[..., channel], scale, out=plane, dtype=np.float64)
                if clip and image.dtype != np.uint8:
                    np.clip(plane, 0, 255, out=plane)
            yield self._work.pair


def _on_255(image: Image, clip: bool) -> Image:
    """Return a float64 image on the scale 0 to 255."""
    scaled: Image = np.multiply(image, 1.0 if image.dtype == np.uint8 else 255.0, dtype=np.float64)
    return np.clip(scaled, 0, 255, out=scaled) if clip else scaled


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

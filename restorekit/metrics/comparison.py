"""A restored image beside its ground truth: what protocols share is computed once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .functional.checks import check_same_shape
from .functional.color import (
    Channels,
    Rounding,
    luma_full,
    luma_pil,
    luma_studio,
    luma_studio_u8,
    split_channels,
    to_uint8,
)
from .functional.similarity import Workspace, average, similarity_map
from .functional.ssim import downsample, downsampling_factor
from .functional.ssim_spec import SSIMSpec

Color = Literal["rgb", "y_studio_u8", "y_studio", "y_pil", "y_full"]
Quantize = Literal["round", "floor", "none"]
Image = npt.NDArray[Any]

_LUMA: dict[str, Callable[[Any], Image]] = {
    "y_studio_u8": luma_studio_u8,
    "y_studio": luma_studio,
    "y_pil": luma_pil,
    "y_full": luma_full,
}


@dataclass(frozen=True)
class View:
    """What of two images is compared; see :class:`~restorekit.metrics.Protocol`."""

    color: Color
    quantize: Quantize
    clip: bool


@dataclass
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
        self._pred, self._gt = pred, gt
        self._whole = pred.dtype == np.uint8 and gt.dtype == np.uint8
        self._displayable = self._whole or all(
            image.dtype == np.uint8 or (image.min() >= 0 and image.max() <= 1)
            for image in (pred, gt)
        )
        self._channels: dict[Rounding, tuple[Channels, Channels]] = {}
        self._downsampled = downsampling_factor(*gt.shape[:2]) > 1

    def view(self, color: Color, quantize: Quantize, clip: bool) -> View:
        """Return the view of that description, the same one for what makes no difference here.

        Rounding changes nothing in uint8 images, and clipping nothing in what was rounded or
        lies in the displayable range.
        """
        if self._whole:
            quantize = "round"
        return View(color, quantize, clip or quantize != "none" or self._displayable)

    def ssim_spec(self, spec: SSIMSpec) -> SSIMSpec:
        """Return ``spec``, without its downsampling where the images are too small for it."""
        return spec if self._downsampled else spec.without_downsampling

    def measure(self, wanted: Mapping[View, Collection[SSIMSpec]]) -> dict[View, Measured]:
        """Measure views, on as many threads as OpenCV may use (``cv2.setNumThreads``).

        The results are the same to the last bit on any number of threads.

        Args:
            wanted: Views as :meth:`view` returned them, each with the specs of its SSIM as
                :meth:`ssim_spec` returned them.

        Raises:
            DataError: If the image is smaller than the window of an SSIM without padding.
        """
        for view in wanted:
            if view.quantize != "none" and view.quantize not in self._channels:
                self._channels[view.quantize] = self._rounded_channels(view.quantize)
        size = self._gt.shape[:2]
        threads = min(cv2.getNumThreads(), len(wanted))
        if threads <= 1:
            work = Workspace(*size)
            return {view: self._measure(view, wanted[view], work) for view in wanted}
        # First the views that take longest.
        views = sorted(wanted, key=lambda view: view.color != "rgb")
        with ThreadPoolExecutor(threads) as pool:
            found = pool.map(lambda v: self._measure(v, wanted[v], Workspace(*size)), views)
            return dict(zip(views, found, strict=True))

    def _measure(self, view: View, specs: Collection[SSIMSpec], work: Workspace) -> Measured:
        # Two specs that differ in their padding share the map.
        maps: dict[SSIMSpec, list[SSIMSpec]] = {}
        for spec in specs:
            maps.setdefault(spec.map_spec, []).append(spec)
        squared_error, ssim, channels = 0.0, dict.fromkeys(specs, 0.0), 0
        for pred, gt in self._planes(view, work):
            channels += 1
            # Exact in integers for uint8.
            squared_error += cv2.norm(pred, gt, cv2.NORM_L2SQR)
            for common, asked in maps.items():
                x, y = (downsample(pred), downsample(gt)) if common.downsample else (pred, gt)
                similarity = similarity_map(x, y, common, work)
                for spec in asked:
                    ssim[spec] += average(similarity, spec)
        mse = squared_error / (channels * pred.size)
        return Measured(mse, {spec: ssim[spec] / channels for spec in ssim})

    def _planes(self, view: View, work: Workspace) -> Iterable[tuple[Image, Image]]:
        """Return the channels of both images on the scale 0 to 255, uint8 or float64.

        They may lie in the workspace, and are gone with the next ones.
        """
        if view.quantize == "none":
            channels = _float_channels(self._pred, self._gt, view.clip, work)
            if view.color == "rgb":
                return channels
            copies = ((pred.copy(), gt.copy()) for pred, gt in channels)
            both = tuple(zip(*copies, strict=True))
        else:
            both = self._channels[view.quantize]
        if view.color == "rgb":
            return zip(*both, strict=True)
        luma = _LUMA[view.color]
        return [(luma(both[0]), luma(both[1]))]

    def _rounded_channels(self, quantize: Rounding) -> tuple[Channels, Channels]:
        return (
            split_channels(to_uint8(self._pred, quantize)),
            split_channels(to_uint8(self._gt, quantize)),
        )


def _float_channels(
    pred: Image, gt: Image, clip: bool, work: Workspace
) -> Iterator[tuple[Image, Image]]:
    """Yield the channels as float64 on the scale 0 to 255."""
    for channel in range(3):
        for image, plane in zip((pred, gt), work.pair, strict=True):
            scale = 1.0 if image.dtype == np.uint8 else 255.0
            np.multiply(image[..., channel], scale, out=plane, dtype=np.float64)
            if clip and image.dtype != np.uint8:
                np.clip(plane, 0, 255, out=plane)
        yield work.pair


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

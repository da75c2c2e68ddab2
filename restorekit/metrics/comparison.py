"""A restored image beside its ground truth: what protocols share is computed once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from restorekit.errors import DataError

from .functional.checks import check_same_shape
from .functional.color import (
    STUDIO_MIDDLE,
    STUDIO_PARTS,
    Channels,
    Rounding,
    luma_full,
    luma_pil,
    luma_studio,
    round_studio_luma,
    split_channels,
    studio_luma_parts,
    to_uint8,
)
from .functional.fast_similarity import fast_similarity_map
from .functional.integer_similarity import integer_similarity_map
from .functional.planes import Planes
from .functional.similarity import Workspace, average, similarity_map
from .functional.ssim import downsample, downsampling_factor
from .functional.ssim_spec import SSIMSpec

Color = Literal["rgb", "y_studio_u8", "y_studio", "y_pil", "y_full"]
Quantize = Literal["round", "floor", "none"]
Image = npt.NDArray[Any]

_LUMA: dict[str, Callable[[Any], Image]] = {
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
        self._studio_luma: dict[Rounding, tuple[Image, ...]] = {}
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
        """Measure views.

        Args:
            wanted: Views as :meth:`view` returned them, each with the specs of its SSIM as
                :meth:`ssim_spec` returned them.

        Raises:
            DataError: If the image is smaller than the window of an SSIM without padding.
        """
        work = Workspace(*self._gt.shape[:2])
        return {view: self._measure(view, specs, work) for view, specs in wanted.items()}

    def _measure(self, view: View, specs: Collection[SSIMSpec], work: Workspace) -> Measured:
        # Two specs that differ in their padding share the map.
        maps: dict[SSIMSpec, list[SSIMSpec]] = {}
        for spec in specs:
            maps.setdefault(spec.map_spec, []).append(spec)
        squared_error, ssim, channels = 0.0, dict.fromkeys(specs, 0.0), 0
        for planes in self._planes(view, work):
            channels += 1
            squared_error += planes.squared_error()
            for common, asked in maps.items():
                for spec, value in _mean_similarities(planes, common, asked, work).items():
                    ssim[spec] += value
        mse = squared_error / (channels * self._gt.shape[0] * self._gt.shape[1])
        return Measured(mse, {spec: ssim[spec] / channels for spec in ssim})

    def _planes(self, view: View, work: Workspace) -> Iterable[Planes]:
        """Return the channels of both images.

        They may lie in the workspace, and are gone with the next ones.
        """
        if view.quantize == "none":
            channels = _float_channels(self._pred, self._gt, view.clip, work)
            if view.color == "rgb":
                return channels
            copies = ((planes.pred.copy(), planes.gt.copy()) for planes in channels)
            pred, gt = zip(*copies, strict=True)
        else:
            pred, gt = self._rounded(view.quantize)
            if view.color == "rgb":
                return map(Planes, pred, gt)
            if view.color in ("y_studio", "y_studio_u8"):
                return [self._studio_planes(view.quantize, whole=view.color == "y_studio_u8")]
        luma_of = _LUMA[view.color]
        return [Planes(luma_of(pred), luma_of(gt))]

    def _rounded(self, quantize: Rounding) -> tuple[Channels, Channels]:
        if quantize not in self._channels:
            self._channels[quantize] = (
                split_channels(to_uint8(self._pred, quantize)),
                split_channels(to_uint8(self._gt, quantize)),
            )
        return self._channels[quantize]

    def _studio_planes(self, quantize: Rounding, whole: bool) -> Planes:
        if quantize not in self._studio_luma:
            channels = self._rounded(quantize)
            self._studio_luma[quantize] = tuple(map(studio_luma_parts, channels))
        pred, gt = self._studio_luma[quantize]
        if whole:
            return Planes(round_studio_luma(pred), round_studio_luma(gt))
        return Planes(pred, gt, unit=1 / STUDIO_PARTS, zero=STUDIO_MIDDLE)


def _mean_similarities(
    planes: Planes, common: SSIMSpec, asked: Iterable[SSIMSpec], work: Workspace
) -> dict[SSIMSpec, float]:
    """Return the mean SSIM of two channels by specs that share the map of ``common``."""
    if common.downsample:
        pred, gt = planes.levels()
        planes = Planes(downsample(pred), downsample(gt))
    similarity: Image | None = fast_similarity_map(planes, common, work)
    if similarity is None:
        pred, gt = planes.levels()
        similarity = integer_similarity_map(pred, gt, common, work)
    if similarity is None:
        similarity = similarity_map(pred, gt, common, work)
    return {spec: average(similarity, spec) for spec in asked}


def _float_channels(pred: Image, gt: Image, clip: bool, work: Workspace) -> Iterator[Planes]:
    """Yield the channels as float64 on the scale 0 to 255."""
    for channel in range(3):
        for image, plane in zip((pred, gt), work.pair, strict=True):
            scale = 1.0 if image.dtype == np.uint8 else 255.0
            np.multiply(image[..., channel], scale, out=plane, dtype=np.float64)
            if clip and image.dtype != np.uint8:
                np.clip(plane, 0, 255, out=plane)
        yield Planes(*work.pair)


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

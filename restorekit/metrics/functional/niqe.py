"""NIQE: how natural an image looks, measured without a ground truth."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import resources

import numpy as np
import numpy.typing as npt

from restorekit.errors import ConfigError, DataError, did_you_mean

from .color import gray_matlab, luma_studio_u8
from .niqe_features import BLOCK, block_features

Array = npt.NDArray[np.float64]
Uint8Image = npt.NDArray[np.uint8]

_LUMA: dict[str, Callable[[Uint8Image], Uint8Image]] = {
    "matlab_gray": gray_matlab,
    "basicsr_y": luma_studio_u8,
}
#: Variant → the image that NIQE is computed on.
NIQE_VARIANTS = {
    "matlab_gray": "the authors' MATLAB release: rgb2gray, blocks of 96×96",
    "basicsr_y": "BasicSR's default: rounded studio-range Y, no border cropped, else the same",
}


def niqe(image: Uint8Image, variant: str = "matlab_gray") -> float:
    """Return NIQE: lower is more natural, and photographs have about 2 to 5.

    A. Mittal, R. Soundararajan, A. C. Bovik, "Making a 'completely blind' image quality
    analyzer", IEEE Signal Processing Letters 2013, with the parameters and the choices of the
    authors' MATLAB release: 36 features of blocks of 96×96 pixels at two scales, where the rest
    at the right and bottom is cut off; the mean of the features over all blocks and their
    covariance over those that are not flat; the distance to the model of undistorted
    photographs. MATLAB's own function ``niqe`` uses another model and gives other values.

    The value equals that of the authors' release in MATLAB, level areas included: there the
    features depend on the last bit of the filter, which
    :mod:`~restorekit.metrics.functional.niqe_filter` reproduces. That official value is one
    machine's. Other versions of the linear algebra library change the last bits of the filter's
    weights, and with them NIQE of single images with large level areas by up to 5 %.

    Args:
        image: RGB, (H, W, 3), uint8.
        variant: One of :data:`NIQE_VARIANTS`.

    Raises:
        ConfigError: If the variant is unknown.
        DataError: If the image has fewer than two whole blocks, or if no block has all
            features because each is flat at one of the scales or in one direction.
    """
    if variant not in NIQE_VARIANTS:
        raise ConfigError(
            f"NIQE has no variant {variant!r}.{did_you_mean(variant, NIQE_VARIANTS)} The variants "
            f"are {', '.join(NIQE_VARIANTS)}."
        )
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise DataError(
            f"NIQE is measured on uint8 RGB images (height, width, 3), not on {image.dtype} "
            f"{image.shape}."
        )
    height, width = (side // BLOCK * BLOCK for side in image.shape[:2])
    if height * width < 2 * BLOCK**2:
        raise DataError(
            f"NIQE needs at least two whole blocks of {BLOCK}×{BLOCK} pixels, as in "
            f"{BLOCK}×{2 * BLOCK}, but the image has {image.shape[0]}×{image.shape[1]}; leave it "
            "out."
        )
    luma = _LUMA[variant](np.ascontiguousarray(image[:height, :width]))
    return distance_from_photographs(block_features(luma))


def distance_from_photographs(features: Array) -> float:
    """Return the distance (eq. 10) between blocks' features and those of photographs.

    Args:
        features: (blocks, 36), NaN where a block is flat or too regular to be fitted.

    Raises:
        DataError: If no block has all features.
    """
    model_mean, model_covariance = _parameters()
    complete = features[~np.isnan(features).any(axis=1)]
    if not len(complete):
        raise DataError(
            f"NIQE is undefined for this image, because every block of {BLOCK}×{BLOCK} pixels "
            "is flat, in some direction or at half the size at least; leave the image out."
        )
    # MATLAB's nanmean and nancov: a missing feature is skipped in the mean, but removes its
    # whole block from the covariance. The covariance of a single block is zero.
    difference = np.nanmean(features, axis=0) - model_mean
    centred = complete - complete.mean(axis=0)
    covariance = centred.T @ centred / max(len(complete) - 1, 1)
    inverse = np.linalg.pinv((model_covariance + covariance) / 2)
    return float(np.sqrt(difference @ inverse @ difference))


@functools.cache
def _parameters() -> tuple[Array, Array]:
    """Return mean (36,) and covariance (36, 36) of the features of undistorted photographs.

    From the authors' release, in the file that BasicSR 1.4.2 ships; see the file NOTICE.
    """
    path = resources.files(__package__) / "niqe_parameters.npz"
    with resources.as_file(path) as file, np.load(file, allow_pickle=False) as content:
        return content["mu_pris_param"].ravel(), content["cov_pris_param"]

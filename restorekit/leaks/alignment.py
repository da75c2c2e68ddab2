"""Align two backgrounds as exactly as their thumbnails allow."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .thumbnails import Thumbnail
from .windows import Window

#: Longer sides of the images at each level, from coarse to fine, and iterations at each level.
_LEVELS = ((32, 30), (64, 15), (96, 8))
_SHORTEST = 8
#: Largest side of the larger image, however small the window.
_LONGEST = 400
_LEAST_GAIN = 1e-3
_BLUR = 5
#: How far a level may move a corner, as a share of the side, and how much it may tilt or shear
#: the image. Crops and changes of size need less; beyond that the alignment has failed.
_FARTHEST, _MOST_SHEAR = 0.25, 0.06

#: Affine map from the smaller to the larger image; coordinates are shares of the sides.
_Map = npt.NDArray[np.float64]
#: float32, (h, w), grey, [0, 255].
Grey = npt.NDArray[np.float32]


def overlay(
    smaller: Thumbnail, larger: Thumbnail, window: Window
) -> tuple[Grey, Grey, npt.NDArray[np.bool_]]:
    """Align the larger image with the smaller one.

    An affine map starts at ``window`` and is refined from coarse to fine by maximising the
    enhanced correlation coefficient (Evangelidis and Psarakis, PAMI 2008; OpenCV's
    ``findTransformECC``), which does not depend on brightness and contrast.

    Args:
        smaller: The image that shows less.
        larger: The image that shows more.
        window: Approximate position of the smaller image in the larger one.

    Returns:
        The smaller image, the larger one aligned with it, and where the latter has pixels: two
        float32 images and a mask of one size, (h, w).
    """
    top, bottom, left, right = window
    mapping = np.array([[right - left, 0, left], [0, bottom - top, top]])
    for level, iterations in _LEVELS:
        scale = level / max(smaller.shape)
        part = _resized(smaller, *(max(_SHORTEST, round(side * scale)) for side in smaller.shape))
        # The window gets the size of the part, so that both are equally sharp.
        height, width = (
            min(_LONGEST, max(_SHORTEST, round(side / share)))
            for side, share in zip(part.shape, mapping.diagonal()[::-1], strict=True)
        )
        whole = _resized(larger, height, width)
        mapping = _refined(part, whole, mapping, iterations)
    pixels = _in_pixels(mapping, part, whole)
    size = part.shape[::-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped: Grey = cv2.warpAffine(whole, pixels, size, flags=flags)
    inside = cv2.warpAffine(np.ones_like(whole), pixels, size, flags=flags)
    return part, warped, inside > 0.999


def _resized(image: Thumbnail, height: int, width: int) -> Grey:
    shrinks = height * width < image.size
    flags = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized: Grey = cv2.resize(image.astype(np.float32), (width, height), interpolation=flags)
    return resized


def _refined(part: Grey, whole: Grey, mapping: _Map, iterations: int) -> _Map:
    start = _in_pixels(mapping, part, whole)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, iterations, _LEAST_GAIN)
    try:
        _, moved = cv2.findTransformECC(
            part, whole, start.copy(), cv2.MOTION_AFFINE, stop, None, _BLUR
        )
    except cv2.error:
        # The images have nothing in common here, or one is flat.
        return mapping
    width, height = _sides(part)
    corners = np.array([[0, width, 0, width], [0, 0, height, height], [1, 1, 1, 1]])
    distance = np.abs((moved - start) @ corners) / _sides(part)[:, None]
    shear = max(abs(moved[0, 1]), abs(moved[1, 0]))
    if distance.max() > _FARTHEST or shear > _MOST_SHEAR:
        return mapping
    return _in_shares(moved, part, whole)


def _in_pixels(mapping: _Map, part: Grey, whole: Grey) -> npt.NDArray[np.float32]:
    """Convert shares of the sides to pixels, whose centres are at halves."""
    linear = mapping[:, :2] * _sides(whole)[:, None] / _sides(part)
    offset = mapping[:, 2] * _sides(whole) + linear @ (0.5, 0.5) - 0.5
    return np.column_stack([linear, offset]).astype(np.float32)


def _in_shares(pixels: npt.NDArray[np.float32], part: Grey, whole: Grey) -> _Map:
    """Undo :func:`_in_pixels`."""
    linear = pixels[:, :2].astype(np.float64)
    offset = (pixels[:, 2] + 0.5 - linear @ (0.5, 0.5)) / _sides(whole)
    return np.column_stack([linear * _sides(part) / _sides(whole)[:, None], offset])


def _sides(image: Grey) -> npt.NDArray[np.float64]:
    """Width and height."""
    return np.array(image.shape[::-1], np.float64)

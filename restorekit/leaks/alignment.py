"""Laying one background over the other, as exactly as their thumbnails allow."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .thumbnails import Thumbnail
from .windows import Window

#: Longer sides of the images that are aligned, from coarse to fine, and how often the map is
#: improved at each.
_LEVELS = ((32, 30), (64, 15), (96, 8))
_SHORTEST = 8
#: The larger image is not made larger than this, however small the window.
_LONGEST = 400
_LEAST_GAIN = 1e-3
_BLUR = 5
#: How far a level may move a corner, as a share of the side, and how much it may tilt or shear
#: the image. Crops and changes of size do less; what goes beyond is on its way to nowhere.
_FARTHEST, _MOST_SHEAR = 0.25, 0.06

#: From places in the smaller image to those in the larger one, both as shares of the sides.
_Placement = npt.NDArray[np.float64]
#: float32, (h, w), grey, [0, 255].
Grey = npt.NDArray[np.float32]


def overlay(
    smaller: Thumbnail, larger: Thumbnail, window: Window
) -> tuple[Grey, Grey, npt.NDArray[np.bool_]]:
    """Return the smaller image, the larger one laid over it, and where that one has pixels.

    Starts at ``window`` and refines an affine map from coarse to fine by maximising the
    enhanced correlation coefficient (Evangelidis and Psarakis, PAMI 2008; OpenCV's
    ``findTransformECC``), which brightness and contrast do not change.

    Args:
        smaller: The image that shows less.
        larger: The image that shows more.
        window: About where in the larger image the smaller one lies.

    Returns:
        Two float32 images of one size, (h, w), and a mask of that size.
    """
    top, bottom, left, right = window
    placement = np.array([[right - left, 0, left], [0, bottom - top, top]])
    for level, iterations in _LEVELS:
        scale = level / max(smaller.shape)
        part = _resized(smaller, *(max(_SHORTEST, round(side * scale)) for side in smaller.shape))
        # The window gets the size of the part: both are equally sharp then.
        height, width = (
            min(_LONGEST, max(_SHORTEST, round(side / share)))
            for side, share in zip(part.shape, placement.diagonal()[::-1], strict=True)
        )
        whole = _resized(larger, height, width)
        placement = _refined(part, whole, placement, iterations)
    pixels = _in_pixels(placement, part, whole)
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


def _refined(part: Grey, whole: Grey, placement: _Placement, iterations: int) -> _Placement:
    start = _in_pixels(placement, part, whole)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, iterations, _LEAST_GAIN)
    try:
        _, moved = cv2.findTransformECC(
            part, whole, start.copy(), cv2.MOTION_AFFINE, stop, None, _BLUR
        )
    except cv2.error:
        # The images have nothing in common here, or one is flat.
        return placement
    width, height = _sides(part)
    corners = np.array([[0, width, 0, width], [0, 0, height, height], [1, 1, 1, 1]])
    distance = np.abs((moved - start) @ corners) / _sides(part)[:, None]
    shear = max(abs(moved[0, 1]), abs(moved[1, 0]))
    if distance.max() > _FARTHEST or shear > _MOST_SHEAR:
        return placement
    return _in_shares(moved, part, whole)


def _in_pixels(placement: _Placement, part: Grey, whole: Grey) -> npt.NDArray[np.float32]:
    """Turn shares of the sides into pixels, whose centres lie at halves."""
    linear = placement[:, :2] * _sides(whole)[:, None] / _sides(part)
    offset = placement[:, 2] * _sides(whole) + linear @ (0.5, 0.5) - 0.5
    return np.column_stack([linear, offset]).astype(np.float32)


def _in_shares(pixels: npt.NDArray[np.float32], part: Grey, whole: Grey) -> _Placement:
    """Undo :func:`_in_pixels`."""
    linear = pixels[:, :2].astype(np.float64)
    offset = (pixels[:, 2] + 0.5 - linear @ (0.5, 0.5)) / _sides(whole)
    return np.column_stack([linear * _sides(part) / _sides(whole)[:, None], offset])


def _sides(image: Grey) -> npt.NDArray[np.float64]:
    """Width and height."""
    return np.array(image.shape[::-1], np.float64)

"""Rounding to uint8 and the four lumas that deraining papers measure on.

Studio-range luma spans 219 levels (16 to 235) and full-range luma 255, so the PSNR of the same
error is 20·log10(255/219) = 1.3219 dB higher on the first: the "1.2 dB between Python and
MATLAB" of many issue threads.
"""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

FloatImage = npt.NDArray[np.float64]
Uint8Image = npt.NDArray[np.uint8]
#: Red, green and blue, each (H, W) and contiguous.
Channels = tuple[npt.NDArray[Any], ...]
Rounding = Literal["round", "floor"]

#: Studio-range luma of every uint8 colour is a whole number of these parts of a level: the
#: weights are thousandths of 1/255, and each is a multiple of three.
_STUDIO_PARTS = 85_000
#: The level from which the parts are counted: 16 + 9,344,000 / 85,000.
_STUDIO_MIDDLE = 126 - 6_000 / _STUDIO_PARTS


def to_uint8(image: npt.NDArray[Any], rounding: Rounding = "round") -> Uint8Image:
    """Return the uint8 image that is saved for a float image, or a uint8 image itself.

    The image is clipped to [0, 1] and multiplied by 255 in its own type, as
    ``(x.clamp(0, 1) * 255).round()`` does for a float32 tensor, so that measuring the
    tensor and measuring the saved PNG give the same number to the last bit.

    Args:
        image: Any shape; uint8, or float with [0, 1] as the displayable range.
        rounding: ``round`` to the nearest (halves to even), or ``floor`` as torchvision's
            ``ToPILImage`` does.
    """
    if image.dtype == np.uint8:
        return image
    scaled = np.clip(image, 0, 1) * image.dtype.type(255)
    whole: Uint8Image = (np.rint(scaled) if rounding == "round" else scaled).astype(np.uint8)
    return whole


def luma_studio(rgb: npt.NDArray[Any] | Channels) -> FloatImage:
    """Return studio-range luma (ITU-R BT.601), not rounded, (H, W), 16 to 235.

    MATLAB's ``rgb2ycbcr`` on doubles (times 255), and BasicSR's and MMagic's Y channel.

    Args:
        rgb: (H, W, 3) or its channels, uint8 or on the scale 0 to 255.
    """
    red, green, blue = split_channels(rgb)
    if red.dtype == np.uint8:
        return scale_studio_luma(studio_luma_parts((red, green, blue)))
    return (65.481 * red + 128.553 * green + 24.966 * blue) / 255.0 + 16.0


def studio_luma_parts(rgb: Uint8Image | Channels) -> npt.NDArray[np.float32]:
    """Return studio-range luma in parts of 1/85,000 of a level, (H, W), counted from mid-range.

    It is a whole number, and so are all intermediate values. They are below 2²⁴, so single
    precision holds them exactly.

    Args:
        rgb: (H, W, 3) or its channels, uint8.
    """
    red, green, blue = split_channels(rgb)
    luma = cv2.addWeighted(red, 21_827, green, 42_851, -9_344_000, dtype=cv2.CV_32F)
    whole: npt.NDArray[np.float32] = cv2.scaleAdd(blue.astype(np.float32), 8_322, luma, dst=luma)
    return whole


def scale_studio_luma(parts: npt.NDArray[np.float32]) -> FloatImage:
    """Return the levels, not rounded, for the result of :func:`studio_luma_parts`."""
    luma = parts.astype(np.float64)
    luma /= _STUDIO_PARTS
    luma += _STUDIO_MIDDLE
    return luma


def luma_studio_u8(rgb: Uint8Image | Channels) -> Uint8Image:
    """Return studio-range luma rounded to whole levels, (H, W), as MATLAB does for uint8.

    Values lie in 16 to 235. The computation is in whole numbers, so that the 194 of the 2²⁴
    colours that lie exactly half-way are always rounded up; in floating point that is chance.

    Args:
        rgb: (H, W, 3) or its channels, uint8.
    """
    return round_studio_luma(studio_luma_parts(rgb))


def round_studio_luma(parts: npt.NDArray[np.float32]) -> Uint8Image:
    """Return the nearest levels, halves up, for the result of :func:`studio_luma_parts`."""
    # Counted from 126 and half a level up. These are still whole numbers below 2²⁴, so the
    # quotient reaches a level only where the exact one does.
    luma = parts + np.float32(_STUDIO_PARTS / 2 - 6_000)
    luma /= _STUDIO_PARTS
    np.floor(luma, out=luma)
    luma += 126
    levels: Uint8Image = luma.astype(np.uint8)
    return levels


def luma_pil(rgb: Uint8Image | Channels) -> Uint8Image:
    """Return full-range luma in whole levels, (H, W), as Pillow's ``convert('YCbCr')`` does.

    Args:
        rgb: (H, W, 3) or its channels, uint8.
    """
    image = np.dstack(rgb) if isinstance(rgb, tuple) else np.ascontiguousarray(rgb)
    return np.asarray(Image.fromarray(image).convert("YCbCr").getchannel("Y"))


def luma_full(rgb: npt.NDArray[Any] | Channels) -> FloatImage:
    """Return full-range luma (JPEG's BT.601 weights), not rounded, (H, W), 0 to 255.

    Args:
        rgb: (H, W, 3) or its channels, uint8 or on the scale 0 to 255.
    """
    red, green, blue = (channel.astype(np.float64, copy=False) for channel in split_channels(rgb))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def gray_matlab(rgb: Uint8Image | Channels) -> Uint8Image:
    """Return the grey of MATLAB's ``rgb2gray`` for uint8, full range, (H, W), rounded.

    Its weights come from inverting the YIQ matrix. The usual 0.2989, 0.5870, 0.1140 have fewer
    digits and round one pixel in several hundred to another level.

    Args:
        rgb: (H, W, 3) or its channels, uint8.
    """
    red, green, blue = (channel.astype(np.float64) for channel in split_channels(rgb))
    red *= 0.298936021293775
    green *= 0.587043074451121
    blue *= 0.114020904255103
    red += green
    red += blue
    red += 0.5
    return red.astype(np.uint8)


def split_channels(image: npt.NDArray[Any] | Channels) -> Channels:
    """Return the channels of an (H, W, 3) image, each contiguous because that is faster.

    Channels are returned unchanged.
    """
    if isinstance(image, tuple):
        return image
    return tuple(cv2.split(np.ascontiguousarray(image)))

"""Rounding to uint8 and the four lumas that deraining papers measure on.

Studio-range luma spans 219 levels (16 to 235) where full-range luma spans 255, so the
same error measures 20·log10(255/219) = 1.3219 dB more on the first: the "1.2 dB between
Python and MATLAB" of many issue threads.
"""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float64]
Uint8Image = npt.NDArray[np.uint8]
#: Red, green and blue, each (H, W) and contiguous.
Channels = tuple[npt.NDArray[Any], ...]
Rounding = Literal["round", "floor"]


def to_uint8(image: npt.NDArray[Any], rounding: Rounding = "round") -> Uint8Image:
    """Return the uint8 image that is saved for a float image; uint8 stays as it is.

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
        luma: FloatImage = _studio_luma_above_16((red, green, blue)) / 255_000.0
        luma += 16.0
        return luma
    return (65.481 * red + 128.553 * green + 24.966 * blue) / 255.0 + 16.0


def luma_studio_u8(rgb: Uint8Image | Channels) -> Uint8Image:
    """Return studio-range luma rounded to whole levels, (H, W), as MATLAB does for uint8.

    Values lie in 16 to 235. Computed in integers, so that the 194 of the 2²⁴ colours that
    lie exactly half-way are always rounded up; in floating point it is chance.

    Args:
        rgb: (H, W, 3) or its channels, uint8.
    """
    scaled = _studio_luma_above_16(rgb)
    scaled += 127_500
    scaled //= 255_000
    scaled += 16
    return scaled.astype(np.uint8)


def luma_pil(rgb: Uint8Image | Channels) -> Uint8Image:
    """Return full-range luma in whole levels, (H, W), as Pillow's ``convert('YCbCr')`` does.

    Pillow adds the three weights, each rounded to a 64th, and then drops the fraction;
    this gives its value for every one of the 2²⁴ colours.

    Args:
        rgb: (H, W, 3) or its channels, uint8.
    """
    levels = np.arange(256)
    # Weight × level in 64ths, rounded, which is a table of 256 entries a channel.
    parts = [
        cv2.LUT(channel, np.floor(weight * 64 * levels + 0.5).astype(np.uint16))
        for channel, weight in zip(split_channels(rgb), (0.299, 0.587, 0.114), strict=True)
    ]
    sixty_fourths: npt.NDArray[np.uint16] = parts[0]
    sixty_fourths += parts[1]
    sixty_fourths += parts[2]
    sixty_fourths >>= 6
    return sixty_fourths.astype(np.uint8)


def luma_full(rgb: npt.NDArray[Any] | Channels) -> FloatImage:
    """Return full-range luma (JPEG's BT.601 weights), not rounded, (H, W), 0 to 255.

    Args:
        rgb: (H, W, 3) or its channels, uint8 or on the scale 0 to 255.
    """
    red, green, blue = (channel.astype(np.float64, copy=False) for channel in split_channels(rgb))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def gray_matlab(rgb: Uint8Image | Channels) -> Uint8Image:
    """Return the grey of MATLAB's ``rgb2gray`` for uint8, full range, (H, W), rounded.

    Its weights come from inverting the YIQ matrix and have more digits than the usual
    0.2989, 0.5870, 0.1140, which round one pixel in some hundreds to another level.

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


def _studio_luma_above_16(rgb: Uint8Image | Channels) -> npt.NDArray[np.int32]:
    """Return studio-range luma less 16, times 255,000, which is whole for uint8."""
    red, green, blue = (channel.astype(np.int32) for channel in split_channels(rgb))
    red *= 65_481
    green *= 128_553
    blue *= 24_966
    red += green
    red += blue
    return red


def split_channels(image: npt.NDArray[Any] | Channels) -> Channels:
    """Return the channels of an (H, W, 3) image, each contiguous; channels stay as they are.

    Arithmetic on strided channels is slow.
    """
    if isinstance(image, tuple):
        return image
    return tuple(cv2.split(np.ascontiguousarray(image)))

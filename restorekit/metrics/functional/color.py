"""Rounding to uint8 and the four lumas that deraining papers measure on.

Studio-range luma spans 219 levels (16 to 235) where full-range luma spans 255, so the
same error measures 20·log10(255/219) = 1.3219 dB more on the first: the "1.2 dB between
Python and MATLAB" of many issue threads.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float64]
Uint8Image = npt.NDArray[np.uint8]
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


def luma_studio(rgb: npt.NDArray[Any]) -> FloatImage:
    """Return studio-range luma (ITU-R BT.601), not rounded, (H, W), 16 to 235.

    MATLAB's ``rgb2ycbcr`` on doubles (times 255), and BasicSR's and MMagic's Y channel.

    Args:
        rgb: (H, W, 3) on the scale 0 to 255.
    """
    red, green, blue = _channels(rgb)
    return (65.481 * red + 128.553 * green + 24.966 * blue) / 255.0 + 16.0


def luma_studio_u8(rgb: Uint8Image) -> FloatImage:
    """Return studio-range luma rounded to whole levels, (H, W), as MATLAB does for uint8.

    Values lie in 16 to 235. Computed in integers, so that the 194 of the 2²⁴ colours that
    lie exactly half-way are always rounded up; in floating point it is chance.

    Args:
        rgb: (H, W, 3), uint8.
    """
    channels = rgb.astype(np.int32)
    thousandths = channels[..., 0] * 65481 + channels[..., 1] * 128553 + channels[..., 2] * 24966
    return ((thousandths + 127_500) // 255_000 + 16).astype(np.float64)


def luma_pil(rgb: Uint8Image) -> FloatImage:
    """Return full-range luma in whole levels, (H, W), as Pillow's ``convert('YCbCr')`` does.

    Pillow adds the three weights, each rounded to a 64th, and then drops the fraction;
    this gives its value for every one of the 2²⁴ colours.

    Args:
        rgb: (H, W, 3), uint8.
    """
    levels = np.arange(256)
    # One table a channel: weight × level in 64ths, rounded.
    red, green, blue = (
        np.floor(weight * 64 * levels + 0.5).astype(np.int32) for weight in (0.299, 0.587, 0.114)
    )
    sixty_fourths = red[rgb[..., 0]] + green[rgb[..., 1]] + blue[rgb[..., 2]]
    luma: FloatImage = (sixty_fourths >> 6).astype(np.float64)
    return luma


def luma_full(rgb: npt.NDArray[Any]) -> FloatImage:
    """Return full-range luma (JPEG's BT.601 weights), not rounded, (H, W), 0 to 255.

    Args:
        rgb: (H, W, 3) on the scale 0 to 255.
    """
    red, green, blue = _channels(rgb)
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _channels(rgb: npt.NDArray[Any]) -> tuple[FloatImage, FloatImage, FloatImage]:
    image = rgb.astype(np.float64, copy=False)
    return image[..., 0], image[..., 1], image[..., 2]

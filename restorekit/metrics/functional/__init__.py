"""Pure functions on NumPy arrays that measure images, all in float64.

Images are RGB, (H, W, 3), uint8 or on the scale 0 to 255 unless a function says otherwise.
"""

from __future__ import annotations

from .color import gray_matlab, luma_full, luma_pil, luma_studio, luma_studio_u8, to_uint8
from .niqe import NIQE_VARIANTS, niqe
from .psnr import psnr
from .ssim import SSIMSpec, ssim

__all__ = [
    "NIQE_VARIANTS",
    "SSIMSpec",
    "gray_matlab",
    "luma_full",
    "luma_pil",
    "luma_studio",
    "luma_studio_u8",
    "niqe",
    "psnr",
    "ssim",
    "to_uint8",
]

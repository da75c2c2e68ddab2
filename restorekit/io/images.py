"""Read and write image files.

An image is a uint8 array of shape (H, W, 3) in RGB order. OpenCV, which decodes and encodes, uses
BGR; no other module of restorekit handles that.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from restorekit.errors import DataError

from .files import atomic_path
from .headers import IMAGE_SUFFIXES, Buffer, ImageInfo, inspect_image

__all__ = [
    "IMAGE_SUFFIXES",
    "Image",
    "ImageInfo",
    "decode_image",
    "encode_image",
    "inspect_image",
    "read_image",
    "write_image",
]

#: uint8, (H, W, 3), RGB.
Image = npt.NDArray[np.uint8]

_QUALITY_FLAGS = {
    ".jpg": cv2.IMWRITE_JPEG_QUALITY,
    ".jpeg": cv2.IMWRITE_JPEG_QUALITY,
    ".webp": cv2.IMWRITE_WEBP_QUALITY,
}


def read_image(path: str | os.PathLike[str]) -> Image:
    """Read an image file.

    Grey and palette images become RGB, an opaque alpha channel is dropped, the EXIF
    rotation is applied.

    Returns:
        uint8, (H, W, 3), RGB.

    Raises:
        DataError: If the file is missing, damaged or not supported; see :func:`inspect_image`.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    return decode_image(data, os.fspath(path))


def decode_image(data: Buffer, source: str = "the image") -> Image:
    """Decode the bytes of an image file, as :func:`read_image` does for a file.

    Args:
        data: The bytes.
        source: What error messages call the image.
    """
    info = inspect_image(data, source, thorough=True)
    return upright(decode_pixels(data, cv2.IMREAD_COLOR, source), info.orientation)


def decode_pixels(data: Buffer, flags: int, source: str) -> npt.NDArray[Any]:
    """Return what OpenCV decodes, grey, RGB or RGBA; not turned upright, but for TIFFs.

    Args:
        data: The bytes of an image file that :func:`inspect_image` has found sound.
        flags: OpenCV's flags, without the one about orientation.
        source: What error messages call the image.
    """
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        image = None
    if image is None:
        raise DataError(f"{source} is damaged and cannot be decoded: copy or download it again.")
    return _reordered(image, image)


def encode_image(rgb: Image, suffix: str = ".png", quality: int = 95) -> bytes:
    """Return the bytes of an image file.

    Args:
        rgb: uint8, (H, W, 3), RGB.
        suffix: Suffix of the format, one of :data:`IMAGE_SUFFIXES`.
        quality: Quality of JPEG and WebP, 1 to 100; the other formats are lossless.

    Raises:
        DataError: If ``rgb`` is not such an array or the format is unknown.
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise DataError(
            f"Only uint8 arrays of shape (H, W, 3) can be encoded, not {rgb.dtype} {rgb.shape}."
        )
    if suffix.lower() not in IMAGE_SUFFIXES:
        raise DataError(f"{suffix!r} is not an image format: use one of {list(IMAGE_SUFFIXES)}.")
    flag = _QUALITY_FLAGS.get(suffix.lower())
    options = [] if flag is None else [flag, quality]
    return encode_pixels(rgb, suffix.lower(), options)


def encode_pixels(pixels: npt.NDArray[Any], suffix: str, options: Sequence[int] = ()) -> bytes:
    """Return what OpenCV encodes: uint8 or uint16, (H, W) grey, (H, W, 3) RGB, (H, W, 4) RGBA.

    Args:
        pixels: The pixels.
        suffix: Suffix of the format.
        options: OpenCV's flags and their values in turn.
    """
    done, data = cv2.imencode(suffix, _reordered(pixels), options)
    if not done:
        raise DataError(f"An image of shape {pixels.shape} could not be encoded as {suffix!r}.")
    encoded: bytes = data.tobytes()
    return encoded


def write_image(path: str | os.PathLike[str], rgb: Image, quality: int = 95) -> None:
    """Write an image file atomically; its suffix determines the format.

    See :func:`encode_image` for the arguments.
    """
    data = encode_image(rgb, Path(path).suffix, quality)
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def _reordered(image: npt.NDArray[Any], target: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
    """Exchange red and blue, into ``target`` if there is one."""
    if image.ndim == 2:
        return image
    code = cv2.COLOR_BGRA2RGBA if image.shape[2] == 4 else cv2.COLOR_BGR2RGB
    reordered: npt.NDArray[Any] = cv2.cvtColor(image, code, dst=target)
    return reordered


def upright(image: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Undo one of the eight EXIF orientations of an array (H, W, …): EXIF 2.3, tag 274."""
    if orientation == 1:
        return image
    if orientation >= 5:
        image = image.swapaxes(0, 1)
    # After the transposition of 5 to 8: which axes are still mirrored.
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    return np.ascontiguousarray(image)

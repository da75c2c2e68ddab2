"""Read and write image files.

An image is a uint8 array of shape (H, W, 3) in RGB order. OpenCV, which decodes and encodes, uses
BGR; no other module of restorekit handles that.
"""

from __future__ import annotations

import os
from pathlib import Path

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
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        image = None
    if image is None:
        raise DataError(f"{source} is damaged and cannot be decoded: copy or download it again.")
    return _upright(cv2.cvtColor(image, cv2.COLOR_BGR2RGB, dst=image), info.orientation)


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
    done, data = cv2.imencode(suffix.lower(), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise DataError(f"An image of shape {rgb.shape} could not be encoded as {suffix!r}.")
    encoded: bytes = data.tobytes()
    return encoded


def write_image(path: str | os.PathLike[str], rgb: Image, quality: int = 95) -> None:
    """Write an image file atomically; its suffix determines the format.

    See :func:`encode_image` for the arguments.
    """
    data = encode_image(rgb, Path(path).suffix, quality)
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def _upright(image: Image, orientation: int) -> Image:
    """Undo the eight EXIF orientations (EXIF 2.3, tag 274)."""
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

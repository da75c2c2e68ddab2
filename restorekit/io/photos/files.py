"""Read a photograph from a file and write it to one."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from restorekit.errors import DataError, RestoreKitError
from restorekit.io.files import atomic_path
from restorekit.io.headers import exif_orientation, open_image, readable, refuse_cmyk
from restorekit.io.images import upright

from . import tiff
from .bmp import BMP
from .exif import upright_exif, upright_xmp
from .jpeg import JPEG
from .photo import Format, Metadata, Photo, Pixels
from .png import PNG
from .tiff import TIFF
from .webp import WEBP

#: The formats by Pillow's names for them.
FORMATS: dict[str, Format] = {"PNG": PNG, "JPEG": JPEG, "TIFF": TIFF, "WEBP": WEBP, "BMP": BMP}


def read_photo(path: str | os.PathLike[str]) -> Photo:
    """Read a photograph with everything that its file carries.

    The EXIF orientation is applied. Depth, alpha and grey stay as they are; palettes become RGB.

    Raises:
        DataError: If the file is missing, damaged, no image of a known format or too large (see
            :func:`restorekit.io.headers.max_pixels`), or has several pictures, CMYK colours, or
            channels that are neither 8 nor 16 bits of whole numbers.
    """
    name = os.fspath(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{name} cannot be read: {error.strerror or error}.") from error
    with readable(name):
        image = open_image(io.BytesIO(data), len(data), name, thorough=True)
        refuse_cmyk(image, name)
        _refuse_several(image, name)
        kind = FORMATS[str(image.format)]
        pixels, details = kind.read(image, data, name)
        # After the pixels: Pillow turns those of a TIFF by the tags that are edited then.
        metadata = _metadata(image)
    if not kind.turns:
        pixels = upright(pixels, exif_orientation(image))
    height, width = pixels.shape[:2]
    metadata = replace(metadata, exif=upright_exif(metadata.exif, width, height), details=details)
    return Photo(pixels, str(image.format), metadata)


def decoded_bytes(path: str | os.PathLike[str]) -> int:
    """Return about how many bytes the pixels of a photograph take; 0 if it cannot be read.

    Only the header is read.
    """
    try:
        with open(path, "rb") as file, readable(os.fspath(path)):
            image = open_image(file, os.fstat(file.fileno()).st_size, os.fspath(path))
    except (OSError, RestoreKitError):
        return 0
    width, height = image.size
    channels = len(image.getbands())
    return width * height * channels * (2 if ";16" in str(image.tile) else 1)


def write_photo(path: str | os.PathLike[str], photo: Photo, quality: int | None = None) -> None:
    """Write a photograph atomically; the suffix of ``path`` determines the format.

    Where the format holds no more than 8 bits, 16 bits are rounded; where it holds no alpha, an
    opaque alpha channel is dropped.

    Args:
        path: The file.
        photo: The photograph, with the metadata to write.
        quality: Quality of JPEG and WebP, 1 to 100. By default JPEG has 95 or the input's own if
            that is finer, and WebP 95, or lossless if the input is.

    Raises:
        DataError: If the format cannot hold the photograph: it is transparent, or too large.
        OutputError: If the file cannot be written.
    """
    target = Path(path)
    kind = format_of(target)
    pixels = _fitted(photo.pixels, kind, target)
    with atomic_path(target) as temporary, temporary.open("wb") as file:
        try:
            kind.write(file, pixels, photo.metadata, quality)
        except ValueError as error:
            if "EXIF" not in str(error):
                raise
            raise DataError(
                f"{target}: the EXIF data is longer than this format holds; choose PNG or TIFF."
            ) from error


def format_of(path: Path) -> Format:
    """Return the format that a path's suffix stands for.

    Raises:
        DataError: If it stands for none.
    """
    suffix = path.suffix.lower()
    for kind in FORMATS.values():
        if suffix in kind.suffixes:
            return kind
    known = [suffix for kind in FORMATS.values() for suffix in kind.suffixes]
    raise DataError(f"{path}: {suffix!r} is not an image format; use one of {known}.")


def _metadata(image: ImageFile) -> Metadata:
    info: dict[Any, Any] = image.info
    exif = tiff.exif(image) if isinstance(image, TiffImageFile) else info.get("exif")
    return Metadata(
        exif=exif or b"",
        icc=info.get("icc_profile") or b"",
        xmp=upright_xmp(bytes(info.get("xmp") or b"")),
        dpi=_resolution(info.get("dpi")),
    )


def _resolution(dpi: object) -> tuple[float, float] | None:
    """Return a resolution that every format can state, or None."""
    if not isinstance(dpi, tuple) or len(dpi) != 2:
        return None
    across, down = float(dpi[0]), float(dpi[1])
    return (across, down) if all(1 <= dots < 65_536 for dots in (across, down)) else None


def _refuse_several(image: ImageFile, name: str) -> None:
    if isinstance(image, TiffImageFile):
        several = "several pages" if tiff.has_pages(image) else ""
    else:
        several = "an animation" if getattr(image, "is_animated", False) else ""
    if several:
        raise DataError(
            f"{name} holds {several}, and only single pictures are read: save each as a file of "
            "its own."
        )


def _fitted(pixels: Pixels, kind: Format, target: Path) -> Pixels:
    """Return pixels that the format can hold."""
    if max(pixels.shape[:2]) > kind.largest_side:
        raise DataError(
            f"{target}: {pixels.shape[1]}×{pixels.shape[0]} pixels are more than this format holds "
            f"({kind.largest_side:,} along a side); choose PNG or TIFF."
        )
    if pixels.ndim == 3 and pixels.shape[2] in (2, 4) and not kind.alpha:
        if pixels[..., -1].min() < np.iinfo(pixels.dtype).max:
            raise DataError(
                f"{target}: this format cannot hold transparent pixels; choose PNG, WebP or TIFF."
            )
        pixels = pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :3]
    if not kind.grey and pixels.ndim == 2:
        pixels = np.stack([pixels] * 3, axis=2)
    elif not kind.grey and pixels.shape[2] == 2:
        pixels = pixels[..., [0, 0, 0, 1]]
    if pixels.dtype == np.uint16 and not kind.deep:
        # 65535 is 257 · 255.
        pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return np.ascontiguousarray(pixels)

"""TIFF: 8 or 16 bits, grey or colour, with or without alpha; always lossless.

Pillow writes the directory of tags. The pixels are written here, since it writes no colours of 16
bits, and no EXIF data with compressed pixels.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, BinaryIO

import cv2
import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from restorekit.errors import DataError
from restorekit.io.images import decode_pixels

from .photo import Format, Metadata, Pixels, by_pillow, colour_profile

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIP_OFFSETS, _ORIENTATION, _SAMPLES, _ROWS_PER_STRIP, _STRIP_LENGTHS = 273, 274, 277, 278, 279
_X_RESOLUTION, _Y_RESOLUTION, _PLANAR, _RESOLUTION_UNIT = 282, 283, 284, 296
_PREDICTOR, _EXTRA_SAMPLES, _SAMPLE_FORMAT = 317, 338, 339
_XMP, _ICC, _EXIF, _GPS, _INTEROPERABILITY = 700, 34675, 34665, 34853, 40965
_DNG_VERSION = 50706
_INCH, _SEPARATE, _UNSIGNED, _ASSOCIATED, _UNASSOCIATED = 2, 2, 1, 1, 2
_UNCOMPRESSED, _DEFLATE, _HORIZONTAL = 1, 8, 2
_STRIP_BYTES = 1 << 20

#: Tags that describe how pixels are stored, or hold them: previews, layers.
STRUCTURE = frozenset(
    (
        *range(254, 270),
        *range(273, 275),
        *range(277, 282),
        *range(284, 286),
        *range(288, 294),
        301,
        *range(317, 349),
        *range(512, 533),
        _XMP,
        34377,  # Photoshop's resources, a thumbnail among them
        _ICC,
        37724,  # Photoshop's layers
    )
)


@dataclass(frozen=True)
class Details:
    """How a TIFF was stored: compressed, and with colours that are multiplied by alpha."""

    compressed: bool
    associated_alpha: bool


def read(image: ImageFile, data: bytes, name: str) -> tuple[Pixels, Details]:
    if not isinstance(image, TiffImageFile):
        raise TypeError(f"expected a TIFF, not {type(image).__name__}")
    tags = image.tag_v2
    deep = _depth(tags, name) == 16
    details = Details(
        compressed=tags.get(_COMPRESSION, _UNCOMPRESSED) != _UNCOMPRESSED,
        # Pillow divides by alpha, OpenCV does not.
        associated_alpha=deep and tags.get(_EXTRA_SAMPLES, (0,))[0] == _ASSOCIATED,
    )
    if not deep:
        if image.mode == "LAB":
            raise _not_read(name, "CIELAB colours")
        return by_pillow(image), details
    return _read_16_bits(tags, data, name), details


def exif(image: TiffImageFile) -> bytes:
    """Return the tags that say something about the photograph, as EXIF data."""
    tags = image.getexif()
    for tag in list(tags):
        if tag in STRUCTURE:
            del tags[tag]
    return tags.tobytes().removeprefix(b"Exif\0\0")


def has_pages(image: TiffImageFile) -> bool:
    """Whether there are further pages, other than smaller versions of the first."""
    try:
        for page in range(1, getattr(image, "n_frames", 1)):
            image.seek(page)
            if not int(image.tag_v2.get(_SUBFILE, 0)) & 1:
                return True
        return False
    finally:
        image.seek(0)


def write(file: BinaryIO, pixels: Pixels, metadata: Metadata, quality: int | None) -> None:
    """Write strips of rows, compressed without loss unless the input is not compressed."""
    del quality
    details = metadata.details
    if not isinstance(details, Details):
        details = Details(compressed=True, associated_alpha=False)
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    rows = max(1, _STRIP_BYTES // (width * channels * pixels.itemsize))
    pieces = (pixels[top : top + rows] for top in range(0, height, rows))
    strips = [_strip(piece, details.compressed) for piece in pieces]
    lengths = [len(strip) for strip in strips]
    starts = np.cumsum([0, *lengths[:-1]]).tolist()

    tags = _tags_of(metadata, pixels)
    tags[_WIDTH], tags[_HEIGHT] = width, height
    tags[_BITS] = (8 * pixels.itemsize,) * channels
    tags[_COMPRESSION] = _DEFLATE if details.compressed else _UNCOMPRESSED
    if details.compressed:
        tags[_PREDICTOR] = _HORIZONTAL
    tags[_PHOTOMETRIC] = 2 if channels >= 3 else 1
    tags[_SAMPLES], tags[_ROWS_PER_STRIP] = channels, rows
    if channels in (2, 4):
        tags[_EXTRA_SAMPLES] = _ASSOCIATED if details.associated_alpha else _UNASSOCIATED
    # As 32-bit numbers, to which Pillow adds where the pixels begin.
    tags.tagtype[_STRIP_OFFSETS] = tags.tagtype[_STRIP_LENGTHS] = 4
    tags[_STRIP_OFFSETS], tags[_STRIP_LENGTHS] = tuple(starts), tuple(lengths)
    tags.save(file)
    for strip in strips:
        file.write(strip)


def _depth(tags: ImageFileDirectory_v2, name: str) -> int:
    """Return the bits per channel; refuse those that are not read."""
    bits = tags.get(_BITS, (1,))
    depths = set(bits if isinstance(bits, tuple) else (bits,))
    formats = tags.get(_SAMPLE_FORMAT, (_UNSIGNED,))
    if set(formats if isinstance(formats, tuple) else (formats,)) != {_UNSIGNED}:
        raise _not_read(name, "signed or floating-point channels")
    if _DNG_VERSION in tags or int(tags.get(_SUBFILE, 0)) & 1:
        raise DataError(
            f"{name} is a camera's raw file, which restorekit does not read: develop it to PNG, "
            "JPEG or TIFF first."
        )
    if len(depths) > 1 or not depths <= {1, 2, 4, 8, 16}:
        raise _not_read(name, f"{'/'.join(map(str, sorted(depths)))} bits per channel")
    return int(depths.pop())


def _read_16_bits(tags: ImageFileDirectory_v2, data: bytes, name: str) -> Pixels:
    """Decode with OpenCV: Pillow reduces colours to 8 bits."""
    samples, photometric = tags.get(_SAMPLES, 1), tags.get(_PHOTOMETRIC, 1)
    if tags.get(_PLANAR, 1) == _SEPARATE and samples > 1:
        raise _not_read(name, "each channel stored by itself")
    if (samples, photometric) not in {(1, 0), (1, 1), (3, 2), (4, 2)}:
        raise _not_read(name, f"{samples} channels of 16 bits (photometric {photometric})")
    pixels = decode_pixels(data, cv2.IMREAD_UNCHANGED, name)
    # 0 stands for "white is zero", which OpenCV leaves as it is.
    return ~pixels if photometric == 0 else pixels


def _strip(rows: Pixels, compressed: bool) -> bytes:
    """Return the bytes of some rows, little-endian."""
    rows = np.ascontiguousarray(rows, dtype=rows.dtype.newbyteorder("<"))
    if not compressed:
        return rows.tobytes()
    # The horizontal predictor: each pixel as its difference from the one to its left.
    differences = rows.copy()
    differences[:, 1:] -= rows[:, :-1]
    return zlib.compress(differences.tobytes(), 6)


def _tags_of(metadata: Metadata, pixels: Pixels) -> ImageFileDirectory_v2:
    """Return the tags that do not describe how the pixels are stored."""
    tags = ImageFileDirectory_v2(b"II*\0\x08\0\0\0")
    if metadata.exif:
        found = Image.Exif()
        found.load(metadata.exif)
        for tag, value in found.items():
            if tag not in STRUCTURE and tag not in (_EXIF, _GPS):
                tags[tag] = value
        for tag in (_EXIF, _GPS):
            inner: dict[int, Any] = dict(found.get_ifd(tag))
            # A directory of its own, which Pillow does not write here.
            inner.pop(_INTEROPERABILITY, None)
            if inner:
                tags.tagtype[tag] = 4
                tags[tag] = inner
    tags[_ORIENTATION] = 1
    if metadata.dpi is not None:
        tags[_X_RESOLUTION], tags[_Y_RESOLUTION] = metadata.dpi
        tags[_RESOLUTION_UNIT] = _INCH
    profile = colour_profile(metadata, pixels)
    for tag, value, kind in ((_ICC, profile, 7), (_XMP, metadata.xmp, 1)):
        if value:
            tags.tagtype[tag] = kind
            tags[tag] = value
    return tags


def _not_read(name: str, what: str) -> DataError:
    return DataError(
        f"{name} is a TIFF with {what}, which is not read: save it with 8 or 16 bits per channel, "
        "as grey or RGB, channels interleaved."
    )


TIFF = Format((".tif", ".tiff"), read, write, deep=True, turns=True)

"""The size of an image file, and whether the file is complete, without decoding it.

Pillow reads headers lazily: tens of thousands a second. It says nothing about the rest of a
file, so the end is checked here.
"""

from __future__ import annotations

import contextlib
import io
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from restorekit.errors import ConfigError, DataError, RestoreKitError

#: Suffixes of image files, in lower case.
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
#: Environment variable with the largest number of pixels that an image may have.
MAX_PIXELS_VARIABLE = "RESTOREKIT_MAX_PIXELS"

#: The bytes of a file.
Buffer = bytes | bytearray | memoryview

#: The limit above which Pillow refuses images by default.
_DEFAULT_MAX_PIXELS = 178_956_970
#: OpenCV, which decodes the pixels, refuses more than this many pixels, and longer sides.
_OPENCV_MAX_PIXELS, _OPENCV_MAX_SIDE = 1 << 30, 1 << 20

# Pillow's own `Image.open` would apply a limit of its own, which is global to the process.
_DECODERS: tuple[tuple[bytes, type[ImageFile]], ...] = (
    (b"\x89PNG\r\n\x1a\n", PngImageFile),
    (b"\xff\xd8\xff", JpegImageFile),
    (b"BM", BmpImageFile),
    (b"II*\0", TiffImageFile),
    (b"MM\0*", TiffImageFile),
    (b"RIFF", WebPImageFile),
)
_PNG_END = b"IEND\xaeB`\x82"
_JPEG_END = b"\xff\xd9"
_ORIENTATION_TAG = 0x0112
_BITS_TAG = 258
#: Offsets and lengths of the parts of a TIFF: strips, or tiles.
_TIFF_PARTS = ((273, 279), (324, 325))
_MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA"}
_READS_AHEAD = hasattr(os, "posix_fadvise")
#: First bytes of the formats of photographs that are not read, and where they stand.
_OTHER_FORMATS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypcrx", "camera raw (CR3)"),
    (4, b"ftypheic", "HEIC"),
    (4, b"ftypheix", "HEIC"),
    (4, b"ftypmif1", "HEIF"),
    (4, b"ftypmsf1", "HEIF"),
    (0, b"GIF8", "GIF"),
    (0, b"\xff\x0a", "JPEG XL"),
    (4, b"JXL ", "JPEG XL"),
    (4, b"jP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"8BPS", "Photoshop"),
    (0, b"FUJIFILM", "camera raw (RAF)"),
    (0, b"IIRO", "camera raw (ORF)"),
    (0, b"IIU\0", "camera raw (RW2)"),
)
_COPY_AGAIN = "copy or download it again"


@dataclass(frozen=True)
class ImageInfo:
    """What :func:`inspect_image` finds.

    Attributes:
        format: ``PNG``, ``JPEG``, ``BMP``, ``TIFF`` or ``WEBP``.
        height: Rows, after the EXIF rotation.
        width: Columns, after the EXIF rotation.
        orientation: EXIF orientation that remains to be undone after decoding, 1 (upright) to 8.
        has_alpha: Whether there is an alpha channel; transparent ones are refused.
    """

    format: str
    height: int
    width: int
    orientation: int = 1
    has_alpha: bool = False


def max_pixels() -> int:
    """Return the number of pixels above which no image is decoded.

    It is 178,956,970, or the value of the environment variable ``RESTOREKIT_MAX_PIXELS``. Before
    Pillow 12, WebP images also have to respect ``PIL.Image.MAX_IMAGE_PIXELS``.

    Raises:
        ConfigError: If the variable holds no number from 1 to 2³⁰.
    """
    text = os.environ.get(MAX_PIXELS_VARIABLE)
    if text is None:
        return _DEFAULT_MAX_PIXELS
    if not text.isdecimal() or not 1 <= int(text) <= _OPENCV_MAX_PIXELS:
        raise ConfigError(
            f"{MAX_PIXELS_VARIABLE}={text!r}: give a whole number from 1 to {_OPENCV_MAX_PIXELS}."
        )
    return int(text)


def inspect_image(
    source: str | os.PathLike[str] | Buffer, name: str | None = None, *, thorough: bool = False
) -> ImageInfo:
    """Return the size of an image; refuse a file that cannot be used.

    Only the header and the end of the file are read, except that images with an alpha channel
    are decoded to see whether it is opaque.

    Args:
        source: A path, or the bytes of a file.
        name: What error messages call the image; by default its path.
        thorough: Also verify the checksums in a PNG, which reads all of it.

    Raises:
        DataError: If the file is missing, empty, truncated or not an image, has too many pixels
            (see :func:`max_pixels`), 16 bits per channel, CMYK colours or transparent pixels.
            Damage in the middle of a JPEG shows only when it is decoded, and not always then.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _inspect(io.BytesIO(source), len(source), name or "the image", thorough)
    name = name or os.fspath(source)
    try:
        with open(source, "rb") as file:
            if _READS_AHEAD:
                # Without this a scan of many files reads far more than their headers.
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
            return _inspect(file, os.fstat(file.fileno()).st_size, name, thorough)
    except OSError as error:
        raise DataError(f"{name} cannot be read: {error.strerror or error}.") from error


def _inspect(file: BinaryIO, size: int, name: str, thorough: bool) -> ImageInfo:
    with readable(name):
        image = open_image(file, size, name, thorough=thorough)
        info = _describe(image, name)
        if info.has_alpha:
            _refuse_transparency(image, name)
    return info


def open_image(file: BinaryIO, size: int, name: str, *, thorough: bool = False) -> ImageFile:
    """Return an image whose pixels are not decoded yet; use it inside :func:`readable`.

    Args:
        file: The file, at its start.
        size: Its size in bytes.
        name: What error messages call the image.
        thorough: Also verify the checksums in a PNG, which reads all of it.

    Raises:
        DataError: If the file is empty, truncated or not an image, or has too many pixels.
    """
    if size == 0:
        raise DataError(f"{name} is empty: {_COPY_AGAIN}.")
    start = file.read(16)
    file.seek(0)
    decoder = next((kind for magic, kind in _DECODERS if start.startswith(magic)), None)
    if decoder is None:
        raise DataError(_not_read(start, name))
    image = decoder(file)
    _require_size(image, name)
    _require_end(image, file, size, name)
    if thorough and isinstance(image, PngImageFile):
        file.seek(0)
        PngImageFile(file).verify()
    return image


@contextlib.contextmanager
def readable(name: str) -> Iterator[None]:
    """Report what a decoder raises inside the block as damage of the image called ``name``."""
    try:
        yield
    except (RestoreKitError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(name, "more pixels than are decoded") from error
    except Exception as error:
        # Pillow's decoders raise errors of any type when they parse a damaged header.
        if "-bit layers" in str(error):
            raise _sixteen_bits(name) from error
        if "unknown pixel mode" in str(error):
            raise DataError(
                f"{name} has a kind of pixels that is not read: save it with 8 bits per channel, "
                "as grey or RGB."
            ) from error
        # Pillow's own messages are for people; the errors that its parsing runs into are not.
        wrapped = any(isinstance(part, Exception) for part in error.args)
        said = str(error) if isinstance(error, (OSError, SyntaxError)) and not wrapped else ""
        reason = f" ({said})" if said else ""
        raise DataError(f"{name} is damaged or truncated{reason}: {_COPY_AGAIN}.") from error


def _not_read(start: bytes, name: str) -> str:
    """Return why a file that begins with ``start`` is not read, and the remedy."""
    for offset, magic, kind in _OTHER_FORMATS:
        if start.startswith(magic, offset):
            return (
                f"{name} is a {kind} file, which restorekit does not read: convert it to PNG, "
                "JPEG, TIFF, WebP or BMP first."
            )
    return (
        f"{name} is not an image that can be read: use PNG, JPEG, BMP, TIFF or WebP, or "
        f"{_COPY_AGAIN} if it should be one."
    )


def _require_size(image: ImageFile, name: str) -> None:
    width, height = image.size
    limit = max_pixels()
    if width * height > limit or max(width, height) > _OPENCV_MAX_SIDE:
        raise _too_large(
            name,
            f"{width}×{height} pixels, and at most {limit:,} are decoded "
            f"({_OPENCV_MAX_SIDE:,} along a side)",
        )


def _describe(image: ImageFile, name: str) -> ImageInfo:
    """Return what the header says; refuse kinds of images that are not supported."""
    width, height = image.size
    refuse_cmyk(image, name)
    bits = image.tag_v2.get(_BITS_TAG, 8) if isinstance(image, TiffImageFile) else 8
    deepest = max(bits) if isinstance(bits, tuple) else bits
    if image.mode not in _MODES or deepest > 8 or (image.tile and ";16" in str(image.tile[0].args)):
        raise _sixteen_bits(name)
    # OpenCV turns a TIFF upright itself, and Pillow reports its size upright.
    orientation = 1 if isinstance(image, TiffImageFile) else exif_orientation(image)
    if orientation >= 5:
        height, width = width, height
    has_alpha = image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info
    return ImageInfo(str(image.format), height, width, orientation, has_alpha)


def _require_end(image: ImageFile, file: BinaryIO, size: int, name: str) -> None:
    """Refuse a file that ends before its image does."""
    if isinstance(image, PngImageFile):
        complete = _holds(file, size, _PNG_END, file.tell())
    elif isinstance(image, JpegImageFile):
        # Pixels cannot look like the end marker: their 0xFF bytes are followed by a 0.
        complete = _holds(file, size, _JPEG_END, file.tell())
    else:
        complete = size >= _expected_size(image, file)
    if not complete:
        raise DataError(f"{name} is truncated (its end is missing): {_COPY_AGAIN}.")


def _holds(file: BinaryIO, size: int, marker: bytes, start: int) -> bool:
    """Whether a marker is in the file from ``start`` on; most likely it is at the end."""
    for length in (len(marker) + 8, 1 << 16, size):
        begin = max(start, size - length)
        file.seek(begin)
        if marker in file.read():
            return True
        if begin == start:
            break
    return False


def _expected_size(image: ImageFile, file: BinaryIO) -> int:
    """Return how many bytes the header announces; 0 where it does not."""
    if isinstance(image, TiffImageFile):
        for offsets, lengths in _TIFF_PARTS:
            parts = zip(image.tag_v2.get(offsets, ()), image.tag_v2.get(lengths, ()), strict=False)
            end = max((offset + length for offset, length in parts), default=0)
            if end:
                return end
        image.load()
        return 0
    file.seek(0)
    header = file.read(8)
    if isinstance(image, WebPImageFile):
        return int(struct.unpack_from("<4xI", header)[0]) + 8
    codec, _, offset, arguments = image.tile[0]
    if codec == "raw" and isinstance(arguments, tuple):
        # Mode, bytes of a row, direction.
        return int(offset + arguments[1] * image.height)
    return int(struct.unpack_from("<2xI", header)[0])


def _refuse_transparency(image: ImageFile, name: str) -> None:
    lowest, _ = image.convert("RGBA").getchannel("A").getextrema()
    if lowest != 255:
        raise DataError(
            f"{name} has transparent pixels, and it is unknown what is behind: flatten it "
            "first, for example with `magick IN -background black -flatten OUT`."
        )


def exif_orientation(image: ImageFile) -> int:
    """Return the EXIF orientation of an image that is no TIFF, 1 (upright) to 8."""
    exif = image.info.get("exif")
    if not exif:
        return 1
    tags = Image.Exif()
    try:
        tags.load(exif)
        orientation = int(tags.get(_ORIENTATION_TAG, 1))
    except Exception:
        # Viewers show the pixels as they are stored where the EXIF data is damaged.
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def refuse_cmyk(image: ImageFile, name: str) -> None:
    """Raise a :class:`DataError` for an image with CMYK colours."""
    if image.mode == "CMYK":
        raise DataError(
            f"{name} has CMYK colours, whose RGB depends on a colour profile: convert it first, "
            "for example with `magick IN -colorspace sRGB OUT`."
        )


def _too_large(name: str, what: str) -> DataError:
    return DataError(
        f"{name} has {what}: make it smaller, or set the environment variable "
        f"{MAX_PIXELS_VARIABLE} to a larger number if you trust the file."
    )


def _sixteen_bits(name: str) -> DataError:
    return DataError(
        f"{name} does not have 8 bits per channel, which restorekit needs: convert it first, for "
        "example with `magick IN -depth 8 OUT`."
    )

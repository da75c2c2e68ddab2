"""What an image file says about itself, and whether it is whole, without decoding it.

PNG, JPEG and BMP are read directly: thousands of files are looked at in a second. The
other formats, and files with an alpha channel, are rare and go through Pillow.
"""

from __future__ import annotations

import io
import mmap
import os
import struct
import zlib
from dataclasses import dataclass

from restorekit.errors import DataError

#: Endings of the files that are taken for images, in any case.
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")

#: Bytes of a file, wherever they are.
Buffer = bytes | bytearray | memoryview | mmap.mmap

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"
_JPEG_END = b"\xff\xd9"
_TAIL = 1 << 16
_ORIENTATION_TAG = 0x0112
_PILLOW_MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA"}
_AGAIN = "copy or download it again"


@dataclass(frozen=True)
class ImageInfo:
    """What :func:`inspect_image` finds.

    Attributes:
        format: ``PNG``, ``JPEG``, ``BMP``, ``TIFF`` or ``WEBP``.
        height: Rows after the EXIF rotation.
        width: Columns after the EXIF rotation.
        orientation: EXIF orientation, 1 (upright) to 8.
        has_alpha: Whether there is an alpha channel (an opaque one: others are refused).
    """

    format: str
    height: int
    width: int
    orientation: int = 1
    has_alpha: bool = False


def inspect_image(
    source: str | os.PathLike[str] | Buffer, name: str | None = None, *, thorough: bool = False
) -> ImageInfo:
    """Return the size of an image and refuse what cannot be used, from its header and its end.

    Args:
        source: A path, or the bytes of a file.
        name: What error messages call it; by default its path.
        thorough: Also verify the checksums inside a PNG, which reads all of it.

    Raises:
        DataError: If it is missing, empty, truncated, no image, has 16 bits a channel, CMYK
            colours or transparent pixels. Damage in the middle of a JPEG shows only when it
            is decoded, and not always then.
    """
    if isinstance(source, (bytes, bytearray, memoryview, mmap.mmap)):
        return _inspect(source, name or "the image", thorough)
    name = name or os.fspath(source)
    try:
        with open(source, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise DataError(f"{name} is empty: {_AGAIN}.")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
                return _inspect(mapping, name, thorough)
    except OSError as error:
        raise DataError(f"{name} cannot be read: {error.strerror or error}.") from error


def _inspect(data: Buffer, name: str, thorough: bool) -> ImageInfo:
    if len(data) == 0:
        raise DataError(f"{name} is empty: {_AGAIN}.")
    start = bytes(data[:8])
    try:
        if start == _PNG_SIGNATURE:
            info = _inspect_png(data, name, thorough)
        elif start[:3] == b"\xff\xd8\xff":
            info = _inspect_jpeg(data, name)
        elif start[:2] == b"BM":
            info = _inspect_bmp(data, name)
        else:
            return _inspect_with_pillow(data, name)
    except (struct.error, IndexError) as error:
        raise DataError(f"{name} is truncated within its header: {_AGAIN}.") from error
    if info.height < 1 or info.width < 1:
        raise DataError(f"{name} has a damaged header ({info.width}×{info.height}): {_AGAIN}.")
    if info.has_alpha:
        _refuse_transparency(data, name)
    return info


def _inspect_png(data: Buffer, name: str, thorough: bool) -> ImageInfo:
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    if depth == 16:
        raise _sixteen_bits(name)
    has_alpha = colour in (4, 6)
    exif = b""
    position = 8
    past_header = False
    while True:
        if position + 12 > len(data):
            raise DataError(f"{name} is truncated (its IEND chunk is missing): {_AGAIN}.")
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if thorough and kind[:1].isupper() and end <= len(data):
            _verify_chunk(data, position, end, kind, name)
        if kind == b"IEND":
            break
        if kind == b"IDAT" and not past_header:
            past_header = True
            # The rest only has to be walked through where it is to be verified, or where
            # the usual end is not at the end.
            if not thorough and _PNG_END in bytes(data[-_TAIL:]):
                break
        if kind == b"tRNS":
            has_alpha = True
        elif kind == b"eXIf" and not past_header:
            exif = bytes(data[position + 8 : end - 4])
        position = end
    return _upright("PNG", height, width, _orientation(exif), has_alpha)


def _verify_chunk(data: Buffer, position: int, end: int, kind: bytes, name: str) -> None:
    (stored,) = struct.unpack_from(">I", data, end - 4)
    with memoryview(data) as view:
        computed = zlib.crc32(view[position + 4 : end - 4])
    if stored != computed:
        raise DataError(
            f"{name} is damaged (the checksum of its {kind.decode('ascii', 'replace')} chunk is "
            f"wrong): {_AGAIN}."
        )


def _inspect_jpeg(data: Buffer, name: str) -> ImageInfo:
    exif = b""
    frame: tuple[int, int, int, int] | None = None
    position = 2
    while True:
        while data[position] == 0xFF and data[position + 1] == 0xFF:
            position += 1
        marker, length = struct.unpack_from(">xBH", data, position)
        if data[position] != 0xFF:
            raise DataError(f"{name} is damaged (a JPEG marker is missing): {_AGAIN}.")
        if marker == 0xDA:
            break
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            frame = struct.unpack_from(">BHHB", data, position + 4)
        elif marker == 0xE1 and not exif:
            segment = bytes(data[position + 4 : position + 2 + length])
            exif = segment if segment.startswith(b"Exif") else b""
        position += 2 + length
    if frame is None:
        raise DataError(f"{name} is damaged (no frame header before its scan): {_AGAIN}.")
    # Pixels cannot look like the end marker: their 0xFF bytes are followed by a 0.
    tail = max(position, len(data) - _TAIL)
    if _JPEG_END not in bytes(data[tail:]) and _JPEG_END not in bytes(data[position:]):
        raise DataError(f"{name} is truncated (its end marker is missing): {_AGAIN}.")
    precision, height, width, channels = frame
    if precision != 8:
        raise _sixteen_bits(name)
    if channels not in (1, 3):
        raise _cmyk(name)
    return _upright("JPEG", height, width, _orientation(exif), has_alpha=False)


def _inspect_bmp(data: Buffer, name: str) -> ImageInfo:
    size, offset, header = struct.unpack_from("<2xI4xII", data, 0)
    if header == 12:
        width, height, bits = struct.unpack_from("<HHxxH", data, 18)
        compression = 0
    else:
        width, height, bits, compression = struct.unpack_from("<iixxHI", data, 18)
    # A negative height says that the rows start at the top.
    height = abs(height)
    needed = offset + (width * bits + 31) // 32 * 4 * height if compression == 0 else size
    if len(data) < needed:
        raise DataError(f"{name} is truncated ({len(data)} of {needed} bytes): {_AGAIN}.")
    return ImageInfo("BMP", height, width, has_alpha=bits == 32)


def _inspect_with_pillow(data: Buffer, name: str) -> ImageInfo:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(bytes(data)), formats=("TIFF", "WEBP")) as image:
            mode = image.mode
            bits = image.tag_v2.get(258, 8) if image.format == "TIFF" else 8
            if mode == "CMYK":
                raise _cmyk(name)
            if mode not in _PILLOW_MODES or max(bits if isinstance(bits, tuple) else (bits,)) > 8:
                raise _sixteen_bits(name)
            # These formats have no cheap test of being whole.
            image.load()
            orientation = image.getexif().get(_ORIENTATION_TAG, 1)
            has_alpha = mode in {"LA", "PA", "RGBA"} or "transparency" in image.info
            width, height = image.size
            kind = str(image.format)
    except UnidentifiedImageError as error:
        raise DataError(
            f"{name} is not an image that can be read: use PNG, JPEG, BMP, TIFF or WebP, or "
            f"{_AGAIN} if it should be one."
        ) from error
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{name} is truncated or damaged ({error}): {_AGAIN}.") from error
    if has_alpha:
        _refuse_transparency(data, name)
    return _upright(kind, height, width, orientation, has_alpha)


def _refuse_transparency(data: Buffer, name: str) -> None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(bytes(data))) as image:
            lowest, _ = image.convert("RGBA").getchannel("A").getextrema()
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{name} is truncated or damaged ({error}): {_AGAIN}.") from error
    if lowest != 255:
        raise DataError(
            f"{name} has transparent pixels, and what lies behind them is not known: flatten it "
            "first, for example with `magick IN -background black -flatten OUT`."
        )


def _orientation(exif: bytes) -> int:
    if not exif:
        return 1
    from PIL import Image

    tags = Image.Exif()
    try:
        tags.load(exif)
        return int(tags.get(_ORIENTATION_TAG, 1))
    except Exception:
        # EXIF is decoration: viewers show the pixels as they are stored when it is damaged.
        return 1


def _upright(kind: str, height: int, width: int, orientation: int, has_alpha: bool) -> ImageInfo:
    if orientation not in range(1, 9):
        orientation = 1
    if orientation >= 5:
        height, width = width, height
    return ImageInfo(kind, height, width, orientation, has_alpha)


def _sixteen_bits(name: str) -> DataError:
    return DataError(
        f"{name} does not have 8 bits a channel, and everything here works on 8: convert it "
        "first, for example with `magick IN -depth 8 OUT`."
    )


def _cmyk(name: str) -> DataError:
    return DataError(
        f"{name} has CMYK colours, whose RGB depends on a colour profile: convert it first, for "
        "example with `magick IN -colorspace sRGB OUT`."
    )

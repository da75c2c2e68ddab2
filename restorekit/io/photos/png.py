"""PNG: 8 or 16 bits, grey or colour, with or without alpha; always lossless."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from restorekit.io.images import decode_pixels, encode_pixels

from .photo import Format, Metadata, Pixels, by_pillow, colour_profile

_XMP_KEYWORD = b"XML:com.adobe.xmp\0"
#: Chunks that stay true when pixels change: how to show them, their resolution, and texts.
_KEPT = {b"cHRM", b"cICP", b"cLLI", b"gAMA", b"iTXt", b"mDCV", b"pHYs", b"sRGB", b"tEXt", b"zTXt"}
_INCHES_PER_METRE = 1 / 0.0254
#: Length of the signature and the first chunk, IHDR.
_START = 33
_GREY_AND_ALPHA = 4


@dataclass(frozen=True)
class Details:
    """Chunks of a PNG that have no counterpart in other formats, by type, in their order."""

    chunks: tuple[tuple[bytes, bytes], ...]


def read(image: ImageFile, data: bytes, name: str) -> tuple[Pixels, Details]:
    kept = [
        (kind, bytes(body))
        for kind, body in _chunks(data)
        if kind in _KEPT and not (kind == b"iTXt" and body[: len(_XMP_KEYWORD)] == _XMP_KEYWORD)
    ]
    deep = data[24] == 16
    pixels = _read_16_bits(data, name) if deep else by_pillow(image)
    return pixels, Details(tuple(kept))


def write(file: BinaryIO, pixels: Pixels, metadata: Metadata, quality: int | None) -> None:
    del quality
    encoded = memoryview(_encode(pixels))
    file.write(encoded[:_START])
    for kind, body in _new_chunks(metadata, pixels):
        file.write(_chunk(kind, body))
    file.write(encoded[_START:])


def _read_16_bits(data: bytes, name: str) -> Pixels:
    """Decode with OpenCV: Pillow reduces colours to 8 bits."""
    pixels = decode_pixels(data, cv2.IMREAD_UNCHANGED, name)
    if pixels.ndim == 3 and data[25] == _GREY_AND_ALPHA:
        return np.ascontiguousarray(pixels[..., [0, 3]])
    return pixels


def _encode(pixels: Pixels) -> bytes:
    if pixels.dtype == np.uint8:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        return file.getvalue()
    if pixels.ndim == 3 and pixels.shape[2] == 2:
        return _encode_grey_and_alpha(pixels)
    return encode_pixels(pixels, ".png")


def _encode_grey_and_alpha(pixels: Pixels) -> bytes:
    """Encode two channels of 16 bits, which neither Pillow nor OpenCV writes.

    Their bytes are compressed as four channels of 8 bits would be; only the header differs.
    """
    data = bytearray(_encode(np.ascontiguousarray(pixels.astype(">u2")).view(np.uint8)))
    header = bytearray(data[16:29])
    header[8:10] = 16, _GREY_AND_ALPHA
    data[8:_START] = _chunk(b"IHDR", bytes(header))
    return bytes(data)


def _new_chunks(metadata: Metadata, pixels: Pixels) -> Iterator[tuple[bytes, bytes]]:
    profile = colour_profile(metadata, pixels)
    if profile is not None:
        yield b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile)
    if isinstance(metadata.details, Details):
        yield from metadata.details.chunks
    elif metadata.dpi is not None:
        across, down = (round(dots * _INCHES_PER_METRE) for dots in metadata.dpi)
        yield b"pHYs", struct.pack(">IIB", across, down, 1)
    if metadata.exif:
        yield b"eXIf", metadata.exif
    if metadata.xmp:
        yield b"iTXt", _XMP_KEYWORD + bytes(4) + metadata.xmp


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield type and body of each chunk."""
    view = memoryview(data)
    position = 8
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        yield kind, view[position + 8 : position + 8 + length]
        position += 12 + length


PNG = Format((".png",), read, write, deep=True)

"""WebP: 8 bits, colour, with or without alpha; lossless where the input is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image
from PIL.ImageFile import ImageFile

from .photo import Format, Metadata, Pixels, by_pillow, colour_profile

DEFAULT_QUALITY = 95


@dataclass(frozen=True)
class Details:
    """Whether a WebP is lossless."""

    lossless: bool


def read(image: ImageFile, data: bytes, name: str) -> tuple[Pixels, Details]:
    del name
    return by_pillow(image), Details(_is_lossless(data))


def write(file: BinaryIO, pixels: Pixels, metadata: Metadata, quality: int | None) -> None:
    lossless = isinstance(metadata.details, Details) and metadata.details.lossless
    Image.fromarray(pixels).save(
        file,
        "WEBP",
        lossless=lossless and quality is None,
        quality=DEFAULT_QUALITY if quality is None else quality,
        # Colours behind transparent pixels stay as they are.
        exact=True,
        exif=metadata.exif,
        icc_profile=colour_profile(metadata, pixels),
        xmp=metadata.xmp,
    )


def _is_lossless(data: bytes) -> bool:
    """Look for the chunk of lossless pixels; chunks are padded to even lengths."""
    position = 12
    while position + 8 <= len(data):
        kind = data[position : position + 4]
        if kind in (b"VP8 ", b"VP8L"):
            return kind == b"VP8L"
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8 + length + length % 2
    return False


WEBP = Format((".webp",), read, write, grey=False, largest_side=16_383)

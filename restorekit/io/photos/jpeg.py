"""JPEG: 8 bits, grey or colour."""

from __future__ import annotations

import functools
import io
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

import cv2
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import get_sampling

from restorekit.io.images import decode_pixels

from .photo import Format, Metadata, Pixels, colour_profile

#: Quality where the input does not have a finer one.
DEFAULT_QUALITY = 95
_IPTC = 0x0404
_LARGEST_SEGMENT = 65_533


@dataclass(frozen=True)
class Details:
    """How a JPEG was encoded, and what only JPEGs hold.

    Attributes:
        tables: Quantisation tables by number.
        sampling: Pillow's number for the resolution of colours, 0 for full resolution.
        progressive: Whether it is progressive.
        comment: Its comment.
        iptc: IPTC record (captions, authors).
    """

    tables: dict[int, list[int]]
    sampling: int
    progressive: bool
    comment: bytes
    iptc: bytes


def read(image: ImageFile, data: bytes, name: str) -> tuple[Pixels, Details]:
    """Decode with OpenCV, as datasets do, so that restored files equal restored test images."""
    info: dict[Any, Any] = image.info
    photoshop = info.get("photoshop")
    details = Details(
        tables=getattr(image, "quantization", {}),
        # -1 stands for resolutions without a number of their own.
        sampling=max(get_sampling(image), 0),
        progressive=bool(info.get("progressive")),
        comment=bytes(info.get("comment", b"")),
        iptc=photoshop.get(_IPTC, b"") if isinstance(photoshop, dict) else b"",
    )
    if image.mode == "L":
        return decode_pixels(data, cv2.IMREAD_GRAYSCALE, name), details
    return decode_pixels(data, cv2.IMREAD_COLOR, name), details


def write(file: BinaryIO, pixels: Pixels, metadata: Metadata, quality: int | None) -> None:
    """Encode at ``quality``, by default 95 or the input's own if that is finer.

    Colours keep the resolution that they had in the input.
    """
    details = metadata.details if isinstance(metadata.details, Details) else None
    options: dict[str, Any] = {"quality": quality or DEFAULT_QUALITY, "subsampling": 0}
    if details is not None:
        options["subsampling"] = details.sampling
        options["progressive"] = details.progressive
        options["comment"] = details.comment
        options["extra"] = _photoshop_segment(details.iptc)
        if quality is None and _is_finer(details.tables):
            del options["quality"]
            options["qtables"] = details.tables
    if metadata.exif:
        options["exif"] = b"Exif\0\0" + metadata.exif
    if metadata.xmp:
        options["xmp"] = metadata.xmp
    if metadata.dpi is not None:
        options["dpi"] = metadata.dpi
    Image.fromarray(pixels).save(
        file, "JPEG", icc_profile=colour_profile(metadata, pixels), **options
    )


def _is_finer(tables: dict[int, list[int]]) -> bool:
    return bool(tables) and sum(tables[min(tables)]) <= sum(_default_tables()[0])


@functools.cache
def _default_tables() -> dict[int, list[int]]:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", quality=DEFAULT_QUALITY)
    tables: dict[int, list[int]] = getattr(Image.open(file), "quantization")  # noqa: B009
    return tables


def _photoshop_segment(iptc: bytes) -> bytes:
    """Return the segment APP13 with nothing but the IPTC record: others hold a thumbnail."""
    if not iptc:
        return b""
    padding = bytes(len(iptc) % 2)
    record = b"8BIM" + struct.pack(">HHI", _IPTC, 0, len(iptc)) + iptc + padding
    content = b"Photoshop 3.0\0" + record
    if len(content) > _LARGEST_SEGMENT:
        return b""
    return b"\xff\xed" + struct.pack(">H", len(content) + 2) + content


JPEG = Format((".jpg", ".jpeg"), read, write, alpha=False, largest_side=65_500)

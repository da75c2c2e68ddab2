"""EXIF and XMP of pixels that were turned upright and changed.

EXIF data is edited in place. Writing it anew would break the offsets in makers' notes.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

_PREFIX = b"Exif\0\0"
_WIDTH, _HEIGHT, _ORIENTATION = 0x0100, 0x0101, 0x0112
_EXIF_DIRECTORY, _EXIF_WIDTH, _EXIF_HEIGHT = 0x8769, 0xA002, 0xA003
_THUMBNAIL_START, _THUMBNAIL_LENGTH = 0x0201, 0x0202
#: Codes of the types of 16-bit and 32-bit numbers.
_FORMS = {3: "H", 4: "I"}


def upright_exif(exif: bytes, width: int, height: int) -> bytes:
    """Return EXIF data for upright pixels: orientation 1, their size, no thumbnail.

    All other tags stay as they are (EXIF 2.32, sections 4.5 and 4.6). Damaged data is returned
    unchanged: no viewer can read its orientation.

    Args:
        exif: A TIFF directory, with or without the prefix ``Exif``.
        width: Columns of the upright image.
        height: Its rows.

    Returns:
        The data without the prefix.
    """
    exif = exif.removeprefix(_PREFIX)
    try:
        return _edited(exif, width, height)
    except (struct.error, KeyError, IndexError):
        return exif


def upright_xmp(xmp: bytes) -> bytes:
    """Return an XMP packet whose orientation, if it states one, is 1."""
    return re.sub(rb"(tiff:Orientation(?:\s*=\s*[\"']|>))[2-8]", rb"\g<1>1", xmp)


def _edited(exif: bytes, width: int, height: int) -> bytes:
    data = bytearray(exif)
    order = {b"II": "<", b"MM": ">"}[bytes(data[:2])]
    (first,) = struct.unpack_from(order + "I", data, 4)
    for tag, entry in _entries(data, order, first):
        value = {_ORIENTATION: 1, _WIDTH: width, _HEIGHT: height}.get(tag)
        if value is not None:
            _set(data, order, entry, value)
        if tag == _EXIF_DIRECTORY:
            for inner, position in _entries(data, order, _get(data, order, entry)):
                value = {_EXIF_WIDTH: width, _EXIF_HEIGHT: height}.get(inner)
                if value is not None:
                    _set(data, order, position, value)
    _drop_thumbnail(data, order, first)
    return bytes(data)


def _drop_thumbnail(data: bytearray, order: str, first: int) -> None:
    """Unlink the second directory, which describes the thumbnail, and blank the thumbnail."""
    (count,) = struct.unpack_from(order + "H", data, first)
    link = first + 2 + 12 * count
    (second,) = struct.unpack_from(order + "I", data, link)
    struct.pack_into(order + "I", data, link, 0)
    if not second:
        return
    numbers = {tag: _get(data, order, entry) for tag, entry in _entries(data, order, second)}
    start = numbers.get(_THUMBNAIL_START, 0)
    end = start + numbers.get(_THUMBNAIL_LENGTH, 0)
    if not link < start <= end <= len(data):
        return
    data[start:end] = bytes(end - start)
    if not any(data[end:]):
        del data[start:]


def _entries(data: bytearray, order: str, directory: int) -> Iterator[tuple[int, int]]:
    """Yield each tag of a directory with the position of its entry."""
    (count,) = struct.unpack_from(order + "H", data, directory)
    for index in range(count):
        entry = directory + 2 + 12 * index
        yield struct.unpack_from(order + "H", data, entry)[0], entry


def _get(data: bytearray, order: str, entry: int) -> int:
    (kind,) = struct.unpack_from(order + "H", data, entry + 2)
    return int(struct.unpack_from(order + _FORMS.get(kind, "I"), data, entry + 8)[0])


def _set(data: bytearray, order: str, entry: int, value: int) -> None:
    kind, count = struct.unpack_from(order + "HI", data, entry + 2)
    if count == 1 and kind in _FORMS:
        struct.pack_into(order + _FORMS[kind], data, entry + 8, value)

"""Photographs of every kind, written by other programs or by hand."""

import functools
import io
import struct
import zlib

import numpy as np
import PIL.Image
import tifffile
from PIL import ImageCms


def pixels(channels=3, dtype=np.uint8, height=37, width=53):
    """Smooth, different in every channel and not symmetric; alpha is never opaque throughout."""
    y, x = np.mgrid[:height, :width]
    planes = [y * 3 + 7, x * 4, (x + y) * 2, 255 - x]
    chosen = {1: planes[:1], 2: [planes[0], planes[3]], 3: planes[:3], 4: planes}[channels]
    image = np.stack(chosen, axis=2).clip(0, 255).astype(dtype)
    if dtype == np.uint16:
        image = image * 256 + (x * 5 + y)[..., None].astype(dtype) % 251
    return image[..., 0] if channels == 1 else image


def png_by_hand(image, *chunks):
    """A PNG without filters, with more chunks before its pixels."""
    height, width = image.shape[:2]
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[1 if image.ndim == 2 else image.shape[2]]
    rows = image.astype(image.dtype.newbyteorder(">")).reshape(height, -1)
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8 * image.itemsize, kind, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def tiff_by_tifffile(image, **options):
    channels = 1 if image.ndim == 2 else image.shape[2]
    options = {
        "photometric": "rgb" if channels > 2 else "minisblack",
        "extrasamples": ["unassalpha"] if channels in (2, 4) else None,
        "metadata": None,
    } | options
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, image, **options)
    return buffer.getvalue()


def saved(image, kind, **options):
    buffer = io.BytesIO()
    (image if isinstance(image, PIL.Image.Image) else PIL.Image.fromarray(image)).save(
        buffer, kind, **options
    )
    return buffer.getvalue()


def turned(image, orientation):
    """What a viewer shows for pixels stored with an orientation: EXIF 2.32, table 6."""
    stored_rows_are_columns = orientation >= 5
    upside_down = orientation in (3, 4, 7, 8)
    mirrored = orientation in (2, 3, 6, 7)
    image = image.swapaxes(0, 1) if stored_rows_are_columns else image
    image = image[::-1] if upside_down else image
    return image[:, ::-1] if mirrored else image


def phone_exif(orientation=6, width=53, height=37):
    """EXIF as telephones write it: maker's notes, position, a thumbnail; big-endian."""
    thumbnail = saved(pixels(height=8, width=12), "JPEG")
    exif = PIL.Image.Exif()
    exif.endian = ">"
    exif[0x010F], exif[0x0110], exif[0x0112] = "Maker", "Model 7", orientation
    exif[0x0100], exif[0x0101] = width, height
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0x829A] = "2024:05:06 07:08:09", 0.004
    inner[0x927C] = b"notes with offsets\0\1\2\3"
    inner[0xA002], inner[0xA003] = width, height
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (51.0, 30.0, 12.5)
    first = bytearray(exif.tobytes().removeprefix(b"Exif\0\0"))
    # The second directory, by hand: Pillow does not write one.
    (start,) = struct.unpack_from(">I", first, 4)
    (count,) = struct.unpack_from(">H", first, start)
    struct.pack_into(">I", first, start + 2 + 12 * count, len(first))
    position = len(first) + 2 + 3 * 12 + 4
    first += struct.pack(">H", 3)
    for tag, kind, value in (
        (0x0103, 3, 6 << 16),
        (0x0201, 4, position),
        (0x0202, 4, len(thumbnail)),
    ):
        first += struct.pack(">HHII", tag, kind, 1, value)
    first += bytes(4)
    return b"Exif\0\0" + bytes(first) + thumbnail, thumbnail


@functools.cache
def profile():
    """A colour profile; each is made with the present time in it."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

"""BMP: 8 bits, lossless, without metadata except the resolution."""

from __future__ import annotations

from typing import Any, BinaryIO

from PIL import Image
from PIL.ImageFile import ImageFile

from restorekit.io.images import encode_pixels

from .photo import Format, Metadata, Pixels, by_pillow


def read(image: ImageFile, data: bytes, name: str) -> tuple[Pixels, None]:
    del data, name
    return by_pillow(image), None


def write(file: BinaryIO, pixels: Pixels, metadata: Metadata, quality: int | None) -> None:
    del quality
    if pixels.ndim == 3 and pixels.shape[2] in (2, 4):
        # Pillow writes no header that says that there is alpha.
        rgba = pixels if pixels.shape[2] == 4 else pixels[..., [0, 0, 0, 1]]
        file.write(encode_pixels(rgba, ".bmp"))
        return
    options: dict[str, Any] = {} if metadata.dpi is None else {"dpi": metadata.dpi}
    Image.fromarray(pixels).save(file, "BMP", **options)


BMP = Format((".bmp",), read, write)

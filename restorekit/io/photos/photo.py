"""A photograph in memory, and the interface of a file format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL.ImageFile import ImageFile

#: uint8 or uint16: (H, W) grey, (H, W, 2) grey and alpha, (H, W, 3) RGB, (H, W, 4) RGB and alpha.
Pixels = npt.NDArray[Any]


@dataclass(frozen=True)
class Metadata:
    """What a file says about its pixels.

    Attributes:
        exif: EXIF data, a TIFF directory without the ``Exif`` prefix. It states that the pixels
            are upright and has no thumbnail.
        icc: ICC colour profile.
        xmp: XMP packet.
        dpi: Resolution along a row and along a column, in dots per inch.
        details: What only the file's own format can keep; only that format's module knows it.
    """

    exif: bytes = b""
    icc: bytes = b""
    xmp: bytes = b""
    dpi: tuple[float, float] | None = None
    details: object = None


@dataclass(frozen=True)
class Photo:
    """A photograph: upright pixels, and what its file says about them.

    Attributes:
        pixels: The pixels; see :data:`Pixels`.
        format: ``PNG``, ``JPEG``, ``BMP``, ``TIFF`` or ``WEBP``.
        metadata: EXIF, colour profile and so on.
    """

    pixels: Pixels
    format: str
    metadata: Metadata = field(default_factory=Metadata)


@dataclass(frozen=True)
class Format:
    """A file format.

    Attributes:
        suffixes: Suffixes of its files, the usual one first.
        read: ``read(image, data, name)`` returns the pixels and the format's details; ``image``
            is Pillow's view, whose pixels are not decoded yet, ``data`` are the file's bytes.
        write: ``write(file, pixels, metadata, quality)`` writes pixels that fit the format.
            ``metadata.details`` are this format's own or None; ``quality`` is None for the
            format's default.
        deep: Whether it holds 16 bits per channel.
        grey: Whether it holds one channel.
        alpha: Whether it holds an alpha channel.
        largest_side: The most pixels along a side.
        turns: Whether decoding already applies the orientation.
    """

    suffixes: tuple[str, ...]
    read: Callable[[ImageFile, bytes, str], tuple[Pixels, object]]
    write: Callable[[BinaryIO, Pixels, Metadata, int | None], None]
    deep: bool = False
    grey: bool = True
    alpha: bool = True
    largest_side: int = 2**31 - 1
    turns: bool = False


def colour_profile(metadata: Metadata, pixels: Pixels) -> bytes | None:
    """Return the colour profile, unless it is one for grey and the pixels are RGB."""
    grey_profile = metadata.icc[16:20] == b"GRAY"
    if not metadata.icc or (grey_profile and pixels.ndim == 3 and pixels.shape[2] >= 3):
        return None
    return metadata.icc


def by_pillow(image: ImageFile) -> Pixels:
    """Decode an image of 8 bits per channel or less; palettes become RGB."""
    transparent = "transparency" in image.info
    grey = image.mode in {"1", "L", "LA", "La"}
    alpha = transparent or image.mode in {"LA", "La", "PA", "RGBA", "RGBa"}
    mode = ("LA" if alpha else "L") if grey else ("RGBA" if alpha else "RGB")
    return np.array(image if image.mode == mode else image.convert(mode))

"""Photographs with everything in their files: depth, alpha, EXIF, colour profile, resolution.

:mod:`restorekit.io.images` reads what networks are trained and measured on, uint8 RGB. This room
reads what people have, and writes it back in the same form. Each format is a module.
"""

from .files import FORMATS, decoded_bytes, read_photo, write_photo
from .photo import Metadata, Photo, Pixels

__all__ = ["FORMATS", "Metadata", "Photo", "Pixels", "decoded_bytes", "read_photo", "write_photo"]

"""LMDBs written by BasicSR: one for the rainy and one for the clean images.

Each is a folder with ``data.mdb`` and ``meta_info.txt``, whose lines are
``<name>.png (<height>,<width>,<channels>) <compression>``. The key of a PNG is its name without
suffix.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from restorekit.datasets.readers.listing import natural_key, without_suffix
from restorekit.datasets.readers.sources import ImageSource
from restorekit.errors import DataError
from restorekit.io.headers import inspect_image, max_pixels

from .mapping import LmdbValues

META_FILE = "meta_info.txt"
_LINE = re.compile(r"(?P<name>.+?)\s+\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)\s+\d+")


def is_basicsr_lmdb(path: Path) -> bool:
    """Whether ``path`` is the folder of an LMDB with a ``meta_info.txt``."""
    return (path / META_FILE).is_file()


class BasicSRImages(ImageSource):
    """The images of one of BasicSR's LMDBs.

    Sizes are taken from its list, without reading the images, where the database holds as many
    values as the list has names.

    Args:
        path: Folder of the LMDB.

    Raises:
        DataError: If its list cannot be read or is empty, or its data is missing.
    """

    def __init__(self, path: Path) -> None:
        self.location = path
        if not (path / "data.mdb").is_file():
            raise DataError(f"{path} has a {META_FILE} but no data.mdb: copy the LMDB again.")
        try:
            text = (path / META_FILE).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(
                f"{path / META_FILE} cannot be read ({error}): copy the LMDB again."
            ) from error
        sizes: dict[str, tuple[int, int]] = {}
        names = []
        for line in text.splitlines():
            if not line.strip():
                continue
            found = _LINE.fullmatch(line.strip())
            if found is None:
                raise DataError(
                    f"{path / META_FILE} has the line {line!r}, which is not of the form "
                    "'NAME.png (HEIGHT,WIDTH,CHANNELS) LEVEL': write the LMDB again."
                )
            name = without_suffix(found["name"])
            names.append(name)
            height, width, channels = map(int, found.groups()[1:])
            # A fourth channel may be transparent, which only the image can tell.
            usable = channels in (1, 3) and 0 < height * width <= max_pixels()
            sizes[name] = (height, width) if usable else (0, 0)
        if not names:
            raise DataError(f"{path / META_FILE} lists no images: write the LMDB again.")
        self.names = sorted(names, key=natural_key)
        self._sizes = np.array([sizes[name] for name in self.names], np.int32)
        self._values = LmdbValues(path)

    def label(self, index: int) -> str:
        return self._values.name(self.names[index].encode())

    def data(self, index: int) -> bytes:
        return self._values.copy(self.names[index].encode())

    def size(self, index: int) -> tuple[int, int]:
        info = inspect_image(self.data(index), self.label(index))
        return info.height, info.width

    def known_sizes(self) -> npt.NDArray[np.int32]:
        try:
            complete = self._values.file.holds(len(self.names))
        except DataError:
            complete = False
        return self._sizes if complete else super().known_sizes()

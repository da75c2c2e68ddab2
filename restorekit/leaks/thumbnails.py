"""Thumbnails: the small grey versions of images by which backgrounds are compared."""

from __future__ import annotations

import hashlib
import tempfile
import threading
import weakref
from array import array
from collections.abc import Sequence
from typing import overload

import cv2
import numpy as np
import numpy.typing as npt

from restorekit.datasets.readers.pairs import PairReader
from restorekit.io.images import Image
from restorekit.io.terminal import progress
from restorekit.io.threads import in_order

#: Longer side of a thumbnail. In photographs of usual sizes its pixels are larger than streaks of
#: rain are wide.
LONGER_SIDE = 128
#: Smallest shorter side, for panoramas.
_SHORTER_SIDE = 16
#: Bytes of thumbnails above which all of them move to a file.
_IN_MEMORY = 1 << 26

#: uint8, (h, w), grey.
Thumbnail = npt.NDArray[np.uint8]


class Thumbnails(Sequence[Thumbnail]):
    """Thumbnails: a few thousand in memory, more of them in a temporary file."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  closed below
        weakref.finalize(self, self._file.close)
        self._reading = threading.Lock()
        self._ends = array("Q", [0])
        self._shapes = array("H")

    def append(self, image: Thumbnail) -> None:
        """Add a thumbnail."""
        with self._reading:
            self._file.seek(self._ends[-1])
            self._file.write(image.tobytes())
            self._ends.append(self._ends[-1] + image.size)
            self._shapes.extend(image.shape)

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> Thumbnail: ...

    @overload
    def __getitem__(self, index: slice) -> list[Thumbnail]: ...

    def __getitem__(self, index: int | slice) -> Thumbnail | list[Thumbnail]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(f"thumbnail {index} of {len(self)}")
        with self._reading:
            self._file.seek(self._ends[index])
            data = self._file.read(self._ends[index + 1] - self._ends[index])
        shape = self._shapes[2 * index : 2 * index + 2]
        return np.frombuffer(data, np.uint8).reshape(*shape)


class Backgrounds:
    """The distinct backgrounds of a dataset.

    Memory holds a few dozen bytes for each image.

    Attributes:
        thumbnails: One for each background.
        num_images: Number of images, copies included.
        clean: Whether the thumbnails are known to be free of rain.

    Args:
        reader: The images.
        thumbnails: One for each background.
        background: For each image the number of its background.
    """

    def __init__(
        self, reader: PairReader, thumbnails: Thumbnails, background: npt.NDArray[np.int64]
    ) -> None:
        self.thumbnails = thumbnails
        self.num_images = len(reader)
        self.clean = reader.file_layout != "single"
        self._reader = reader
        self._order = np.argsort(background, kind="stable")
        self._starts = np.searchsorted(background[self._order], np.arange(len(thumbnails) + 1))

    def members(self, index: int) -> list[str]:
        """Return the labels of the images with a background.

        They are the rainy versions of a clean image, and its copies.
        """
        images = self._order[self._starts[index] : self._starts[index + 1]]
        return [self._reader.label(int(image)) for image in images]


def thumbnail(image: Image) -> Thumbnail:
    """Return the grey image, reduced (never enlarged) by averaging.

    Args:
        image: uint8, (H, W, 3), RGB.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    scale = min(1.0, LONGER_SIDE / max(height, width))
    size = [max(min(side, _SHORTER_SIDE), round(side * scale)) for side in (width, height)]
    small: Thumbnail = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return small


def read_backgrounds(reader: PairReader, workers: int | None = None) -> Backgrounds:
    """Read a whole dataset: the clean images of pairs, or photographs.

    Args:
        reader: The images.
        workers: Threads that decode; by default one for each core.

    Raises:
        DataError: If an image cannot be decoded.
    """
    first_of = np.array(reader.first_with_same_gt(), np.int64)
    firsts = np.flatnonzero(first_of == np.arange(len(reader)))
    made = in_order(lambda index: thumbnail(reader.background(int(index))), firsts, workers)
    thumbnails = Thumbnails()
    number_of: dict[bytes, int] = {}
    background = np.zeros(len(reader), np.int64)
    read = progress(made, f"reading {reader.location}", total=len(firsts))
    for first, image in zip(firsts, read, strict=True):
        content = hashlib.blake2b(repr(image.shape).encode(), digest_size=16)
        content.update(image.tobytes())
        background[first] = number_of.setdefault(content.digest(), len(thumbnails))
        if background[first] == len(thumbnails):
            thumbnails.append(image)
    return Backgrounds(reader, thumbnails, background[first_of])

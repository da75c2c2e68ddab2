"""Views of the pixels of a ``raw`` LMDB, by addresses that are looked up once."""

from __future__ import annotations

import math
import os
import threading
from array import array
from typing import Any

import numpy as np
import numpy.typing as npt

from restorekit.io.images import Image

from .format import value_key
from .mapping import LmdbValues, array_at


class RawPixels:
    """The images of a ``raw`` LMDB by number, as read-only views of the file.

    An image is looked up once in each process. From then on its address is known (8 bytes per
    image), and a view is made from the address, the shape and one array that spans all values
    seen so far, which are in one mapping.

    Args:
        values: The LMDB.
        num_pairs: Number of pairs in it.
    """

    def __init__(self, values: LmdbValues, num_pairs: int) -> None:
        self._values = values
        self._num_pairs = num_pairs
        self._forget()

    def view(self, item: int, part: str, shape: tuple[int, ...]) -> Image:
        """Return ``lq`` or ``gt`` of a pair, uint8 (H, W, 3).

        Raises:
            DataError: If it is missing or has another size.
        """
        # Addresses in the process that this one was forked from are not valid here.
        if self._pid != os.getpid():
            self._forget()
        address = self._addresses[part][item] or self._find(item, part, math.prod(shape))
        lowest, span = self._span
        pixels: Image = np.ndarray(shape, np.uint8, span, address - lowest)
        return pixels

    def _forget(self) -> None:
        self._pid = os.getpid()
        self._finding = threading.Lock()
        self._span: tuple[int, npt.NDArray[np.uint8]] = (0, np.empty(0, np.uint8))
        nowhere = bytes(array("q").itemsize * self._num_pairs)
        self._addresses = {part: array("q", nowhere) for part in ("lq", "gt")}

    def _find(self, item: int, part: str, size: int) -> int:
        """Return the address of an image, and extend the span to include it."""
        pixels = self._values.pixels(value_key(item, part), (size,))
        address: int = pixels.ctypes.data
        with self._finding:
            lowest, span = self._span
            start = min(lowest or address, address)
            end = max(lowest + span.size, address + size)
            self._span = (start, array_at(pixels, start, (end - start,)))
            self._addresses[part][item] = address
        return address

    def __getstate__(self) -> dict[str, Any]:
        return {"_values": self._values, "_num_pairs": self._num_pairs}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

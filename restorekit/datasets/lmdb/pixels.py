"""Views of the pixels of a ``raw`` LMDB, by offsets that are looked up once."""

from __future__ import annotations

import math
from array import array
from typing import Any

from restorekit.io.images import Image

from .format import value_key
from .mapping import LmdbValues


class RawPixels:
    """The images of a ``raw`` LMDB by number, as read-only views of the file.

    An image is looked up once in each process. From then on its offset in the file is known
    (8 bytes per image).

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
        size = math.prod(shape)
        offsets = self._offsets[part]
        # 0 where unknown: no value is in the first page.
        offset = offsets[item]
        if not offset:
            offset = offsets[item] = self._values.offset(value_key(item, part), size)
        return self._values.file.view(offset, shape, size)

    def _forget(self) -> None:
        nowhere = bytes(array("q").itemsize * self._num_pairs)
        self._offsets = {part: array("q", nowhere) for part in ("lq", "gt")}

    def __getstate__(self) -> dict[str, Any]:
        return {"_values": self._values, "_num_pairs": self._num_pairs}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

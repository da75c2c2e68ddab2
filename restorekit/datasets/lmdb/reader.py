"""Read pairs from an LMDB of restorekit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from restorekit.datasets.readers.pairs import PairReader, split_halves
from restorekit.io.headers import inspect_image
from restorekit.io.images import Image, decode_image

from .format import checksum, read_meta, value_key
from .mapping import LmdbValues
from .pixels import RawPixels


class LmdbPairs(PairReader):
    """The pairs of an LMDB that ``restorekit data lmdb`` wrote.

    With ``raw`` pixels the images are read-only views of the file: cropping one reads the rows of
    the crop and decodes nothing. Images are checked when they are written, so opening an LMDB
    only reads its ``meta.json``.

    Args:
        path: Folder of the LMDB.

    Raises:
        DataError: If it is incomplete, truncated or of another kind.

    Example:
        >>> from restorekit.datasets import open_pairs, write_lmdb
        >>> written = write_lmdb(open_pairs("data/mine", "test"), Path("test.lmdb"))
        >>> pairs = LmdbPairs(Path("test.lmdb"))
        >>> len(pairs), pairs.encoding
        (2, 'raw')
    """

    def __init__(self, path: Path) -> None:
        self._meta = read_meta(path)
        self._values = LmdbValues(path)
        self._pixels = RawPixels(self._values, len(self._meta.names))
        self.location = str(path)
        self.names = list(self._meta.names)
        self._items = list(range(len(self.names)))
        self.file_layout = self._meta.plan.file_layout

    @property
    def encoding(self) -> str:
        """``raw`` or ``encoded``."""
        return self._meta.plan.encoding

    def label(self, index: int) -> str:
        return f"{self.location}[{self.names[index]}]"

    def size(self, index: int) -> tuple[int, int]:
        """Return the size recorded in ``meta.json``."""
        shape: tuple[int, int] = self._meta.shapes[self._items[index]]
        return shape

    def known_sizes(self) -> npt.NDArray[np.int32]:
        return np.array(self._meta.shapes, np.int32).reshape(-1, 2)[self._items]

    def read(self, index: int) -> tuple[Image, Image | None]:
        if self.encoding == "raw":
            return self._views(self._items[index])
        label = self.label(index)
        images = [decode_image(self._values.copy(key), label) for key in self._keys(index)]
        if self.file_layout in {"left", "right"}:
            return split_halves(images[0], self.file_layout)
        return images[0], images[1] if len(images) > 1 else None

    def background(self, index: int) -> Image:
        if self.encoding == "raw" or self.file_layout != "pair":
            return super().background(index)
        return decode_image(self._values.copy(self._keys(index)[-1]), self.label(index))

    def files(self, index: int) -> list[bytes]:
        """Return the bytes of the original files, or PNG files of ``raw`` pixels."""
        if self.encoding == "raw":
            return super().files(index)
        return [self._values.copy(key) for key in self._keys(index)]

    def first_with_same_gt(self) -> list[int]:
        first: dict[int, int] = {}
        sharing = [self._meta.gt_of[item] if self._meta.gt_of else item for item in self._items]
        return [first.setdefault(gt, index) for index, gt in enumerate(sharing)]

    def damaged(self) -> Iterator[str | None]:
        """Yield for each pair its label if a checksum or size is wrong, and None otherwise."""
        for index, item in enumerate(self._items):
            sums = [self._meta.lq_checksums[item]]
            if self._meta.gt_of:
                sums.append(self._meta.gt_checksums[item])
            values = [self._values.copy(key) for key in self._keys(index)]
            whole = [checksum(value) for value in values] == sums and self._fit(index, values)
            yield None if whole else self.label(index)

    def _fit(self, index: int, values: list[bytes]) -> bool:
        """Whether values have the size that ``meta.json`` records."""
        height, width = self.size(index)
        if self.encoding == "raw":
            return all(len(value) == height * width * 3 for value in values)
        info = inspect_image(values[0], self.label(index))
        halves = 2 if self.file_layout in {"left", "right"} else 1
        return (info.height, info.width // halves) == (height, width)

    def _views(self, item: int) -> tuple[Image, Image | None]:
        """Return ``raw`` images, which are never stored side by side."""
        shape = (*self._meta.shapes[item], 3)
        lq = self._pixels.view(item, "lq", shape)
        if not self._meta.gt_of:
            return lq, None
        return lq, self._pixels.view(self._meta.gt_of[item], "gt", shape)

    def _keys(self, index: int) -> list[bytes]:
        item = self._items[index]
        keys = [value_key(item, "lq")]
        if self._meta.gt_of:
            keys.append(value_key(self._meta.gt_of[item], "gt"))
        return keys

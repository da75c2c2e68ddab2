"""Readers: the two images of a pair by index, however they are stored.

A reader knows names, sizes and files; transforms and random numbers are the dataset's. Datasets
read from a reader, and the LMDB writer copies one.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from restorekit.errors import DataError
from restorekit.io.images import Image, encode_image

from .pairing import AUTO, Matches, find_rule, match_names, suggest_rule
from .sources import FileImages, ImageSource

#: Side of the rainy image in a file that holds both.
Side = Literal["left", "right"]
_Reader = TypeVar("_Reader", bound="PairReader")


class PairReader(ABC):
    """Pairs of images by index.

    Attributes:
        location: Folder or LMDB, for messages.
        names: Unique names, in natural order.
        findings: Problems outside its pairs, such as missing partners.
        file_layout: What :meth:`files` returns: ``pair`` (rainy, clean), ``left`` or ``right``
            (one file with both, the rainy image on that side), ``single`` (no clean image).

    Example:
        >>> import restorekit
        >>> pairs = restorekit.open_pairs("data/mine", "train")
        >>> isinstance(pairs, PairReader), pairs.subset([0, 2]).names
        (True, ['000', '002'])
    """

    location: str
    names: list[str]
    findings: Sequence[str] = ()
    file_layout: str = "pair"
    #: What a subclass keeps for each pair, in the order of the names.
    _items: list[Any]

    def __len__(self) -> int:
        return len(self.names)

    @abstractmethod
    def read(self, index: int) -> tuple[Image, Image | None]:
        """Return the rainy and the clean image, or None where there is none.

        Both are uint8 (H, W, 3) RGB, and perhaps read-only.

        Raises:
            DataError: If a file cannot be decoded.
        """

    def background(self, index: int) -> Image:
        """Return the clean image, or the only image of a photograph.

        Raises:
            DataError: If a file cannot be decoded.
        """
        lq, gt = self.read(index)
        return lq if gt is None else gt

    @abstractmethod
    def size(self, index: int) -> tuple[int, int]:
        """Return height and width of a pair without decoding it.

        Raises:
            DataError: If the pair cannot be used; the message names its file.
        """

    def known_sizes(self) -> npt.NDArray[np.int32]:
        """Return what :meth:`size` returns for all pairs, (N, 2), 0 where it is not known yet."""
        return np.zeros((len(self), 2), np.int32)

    def sources(self) -> list[FileImages]:
        """Return the folders that the pairs are read from, if they are files."""
        return []

    @abstractmethod
    def label(self, index: int) -> str:
        """Return what messages call a pair: the path of its rainy image."""

    def files(self, index: int) -> list[bytes]:
        """Return the bytes of the files of a pair (see ``file_layout``), PNG if it has none."""
        return [encode_image(image) for image in self.read(index) if image is not None]

    def paths(self, index: int) -> list[Path] | None:
        """Return the files of a pair (see ``file_layout``), or None if it has none."""
        return None

    def first_with_same_gt(self) -> list[int]:
        """Return for each pair the first one that has the same clean image."""
        return list(range(len(self)))

    def subset(self: _Reader, kept: Sequence[int]) -> _Reader:
        """Return a reader of some of the pairs."""
        reader = copy.copy(self)
        reader.names = [self.names[i] for i in kept]
        reader._items = [self._items[i] for i in kept]
        reader.findings = ()
        return reader


class MatchedPairs(PairReader):
    """Rainy and clean images from two sources, paired by their names.

    Args:
        lq: Rainy images.
        gt: Clean images.
        pairing: Rule of :func:`restorekit.datasets.match_names`.
    """

    def __init__(self, lq: ImageSource, gt: ImageSource, pairing: str = AUTO) -> None:
        self._lq, self._gt = lq, gt
        self.location = f"{lq.location} and {gt.location}"
        if pairing == AUTO:
            pairing = find_rule(lq.names, gt.names)
        matches = match_names(lq.names, gt.names, pairing)
        self._items = matches.pairs
        self.names = [lq.names[i] for i, _ in matches.pairs]
        self.findings = self._unmatched(matches, pairing)

    def _unmatched(self, matches: Matches, pairing: str) -> list[str]:
        lq, gt = self._lq, self._gt
        rainy, clean = matches.unmatched_lq, matches.unmatched_gt
        texts = [f"{lq.label(i)} has no clean image in {gt.location}" for i in rainy]
        texts += [f"{gt.label(i)} has no rainy image in {lq.location}" for i in clean]
        if not texts:
            return []
        if not matches.pairs:
            texts = [f"no image in {lq.location} has its clean one in {gt.location}"]
        other = suggest_rule(lq.names, gt.names)
        advice = f"pairing={other!r} would pair all of them" if other else "add it or remove this"
        return [f"{texts[0]} under pairing={pairing!r}: {advice}", *texts[1:]]

    def label(self, index: int) -> str:
        return self._lq.label(self._items[index][0])

    def read(self, index: int) -> tuple[Image, Image]:
        lq, gt = self._items[index]
        return self._lq.read(lq), self._gt.read(gt)

    def background(self, index: int) -> Image:
        return self._gt.read(self._items[index][1])

    def size(self, index: int) -> tuple[int, int]:
        """Compare the sizes of both images."""
        lq, gt = self._items[index]
        size, other = self._lq.size(lq), self._gt.size(gt)
        if size != other:
            raise DataError(
                f"{self._lq.label(lq)} is {size[1]}×{size[0]} pixels and its clean image "
                f"{self._gt.label(gt)} is {other[1]}×{other[0]}: give them the same size"
            )
        return size

    def known_sizes(self) -> npt.NDArray[np.int32]:
        items = np.array(self._items, np.int64).reshape(-1, 2)
        sizes, others = self._lq.known_sizes()[items[:, 0]], self._gt.known_sizes()[items[:, 1]]
        return np.where((sizes == others).all(axis=1, keepdims=True), sizes, 0)

    def sources(self) -> list[FileImages]:
        return [source for source in (self._lq, self._gt) if isinstance(source, FileImages)]

    def files(self, index: int) -> list[bytes]:
        lq, gt = self._items[index]
        return [self._lq.data(lq), self._gt.data(gt)]

    def paths(self, index: int) -> list[Path] | None:
        lq, gt = self._items[index]
        return _all_or_none([self._lq.path(lq), self._gt.path(gt)])

    def first_with_same_gt(self) -> list[int]:
        first: dict[int, int] = {}
        return [first.setdefault(gt, index) for index, (_, gt) in enumerate(self._items)]


class OneFileReader(PairReader):
    """Base of the readers of one file for each index.

    Args:
        images: The files.
    """

    def __init__(self, images: ImageSource) -> None:
        self._images = images
        self.location = str(images.location)
        self.names = list(images.names)
        self._items = list(range(len(images.names)))

    def label(self, index: int) -> str:
        return self._images.label(self._items[index])

    def sources(self) -> list[FileImages]:
        return [self._images] if isinstance(self._images, FileImages) else []

    def files(self, index: int) -> list[bytes]:
        return [self._images.data(self._items[index])]

    def paths(self, index: int) -> list[Path] | None:
        return _all_or_none([self._images.path(self._items[index])])


class SideBySidePairs(OneFileReader):
    """Files that hold both images side by side, each half of the width.

    Args:
        images: The files.
        lq_side: Side of the rainy image.
    """

    def __init__(self, images: ImageSource, lq_side: Side = "right") -> None:
        super().__init__(images)
        self.file_layout = lq_side

    def read(self, index: int) -> tuple[Image, Image]:
        return split_halves(self._images.read(self._items[index]), self.file_layout)

    def size(self, index: int) -> tuple[int, int]:
        height, width = self._images.size(self._items[index])
        if width % 2:
            raise DataError(
                f"{self.label(index)} is {width} pixels wide, which is not even: it cannot be two "
                "images of the same size side by side"
            )
        return height, width // 2

    def known_sizes(self) -> npt.NDArray[np.int32]:
        sizes = self._images.known_sizes()[self._items]
        return np.where(sizes[:, 1:] % 2 == 0, sizes // (1, 2), 0).astype(np.int32)


class SingleImages(OneFileReader):
    """Images without a clean version: photographs.

    Args:
        images: The images.
    """

    file_layout = "single"

    def read(self, index: int) -> tuple[Image, None]:
        return self._images.read(self._items[index]), None

    def size(self, index: int) -> tuple[int, int]:
        return self._images.size(self._items[index])

    def known_sizes(self) -> npt.NDArray[np.int32]:
        return self._images.known_sizes()[self._items]


def _all_or_none(paths: list[Path | None]) -> list[Path] | None:
    found = [path for path in paths if path is not None]
    return found if len(found) == len(paths) else None


def split_halves(image: Image, lq_side: str) -> tuple[Image, Image]:
    """Return the rainy and the clean half of an image, as views."""
    middle = image.shape[1] // 2
    left, right = image[:, :middle], image[:, middle:]
    return (left, right) if lq_side == "left" else (right, left)

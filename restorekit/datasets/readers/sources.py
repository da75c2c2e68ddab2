"""Single images by index: the files of a folder, or of an LMDB written by BasicSR."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from restorekit.errors import DataError
from restorekit.io.images import IMAGE_SUFFIXES, Image, decode_image, inspect_image

from .listing import list_images, without_suffix


class ImageSource(ABC):
    """Images by index.

    Attributes:
        location: The folder, for messages.
        names: Unique names without suffix, in natural order.
    """

    location: Path
    names: list[str]

    @abstractmethod
    def label(self, index: int) -> str:
        """Return what error messages call an image."""

    @abstractmethod
    def data(self, index: int) -> bytes:
        """Return the bytes of an image's file."""

    @abstractmethod
    def size(self, index: int) -> tuple[int, int]:
        """Return height and width from the header.

        Raises:
            DataError: If the image cannot be used.
        """

    def known_sizes(self) -> npt.NDArray[np.int32]:
        """Return height and width of all images, (N, 2), 0 where they are not known yet."""
        return np.zeros((len(self.names), 2), np.int32)

    def path(self, index: int) -> Path | None:
        """Return the file of an image, or None if it is not a file of its own."""
        return None

    def read(self, index: int) -> Image:
        return decode_image(self.data(index), self.label(index))


class FileImages(ImageSource):
    """Image files.

    Attributes:
        files: Their paths relative to ``location``.
        sizes: Height and width of those whose header was read, and 0 for the others.

    Args:
        location: Their folder.
        files: Paths relative to it.
        names: Their names; by default the paths without suffix.
    """

    def __init__(
        self, location: Path, files: Sequence[str], names: Sequence[str] | None = None
    ) -> None:
        self.location = location
        self.files = list(files)
        self.sizes = np.zeros((len(self.files), 2), np.int32)
        self.names = [without_suffix(file) for file in files] if names is None else list(names)

    def path(self, index: int) -> Path:
        return self.location / self.files[index]

    def label(self, index: int) -> str:
        return str(self.path(index))

    def data(self, index: int) -> bytes:
        path = self.path(index)
        try:
            return path.read_bytes()
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error

    def size(self, index: int) -> tuple[int, int]:
        height, width = self.sizes[index].tolist()
        if height == 0:
            info = inspect_image(f"{self.location}{os.sep}{self.files[index]}")
            height, width = self.sizes[index] = info.height, info.width
        return height, width

    def known_sizes(self) -> npt.NDArray[np.int32]:
        return self.sizes


class FolderImages(FileImages):
    """The image files of a folder and of the folders in it.

    Args:
        folder: The folder.

    Raises:
        DataError: If there are none, or two differ only in their suffix.
    """

    def __init__(self, folder: Path) -> None:
        files = list_images(folder)
        if not files:
            raise DataError(
                f"{folder} holds no images: put files with one of the suffixes "
                f"{', '.join(IMAGE_SUFFIXES)} there."
            )
        super().__init__(folder, files)
        file_of = dict(zip(self.names, files, strict=True))
        if len(file_of) < len(self.names):
            first, second = next(
                (file, file_of[name])
                for name, file in zip(self.names, files, strict=True)
                if file_of[name] != file
            )
            raise DataError(
                f"{folder} holds {first} and {second}, two images of the same name: keep one."
            )

"""Where single images lie: a folder of files, or an LMDB as BasicSR writes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from restorekit.errors import DataError
from restorekit.io.images import IMAGE_SUFFIXES, Image, decode_image, inspect_image

from .listing import list_images, without_suffix


class ImageSource(ABC):
    """Images by number.

    Attributes:
        location: The folder, for messages.
        names: Unique names without ending, in natural order.
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

    def path(self, index: int) -> Path | None:
        """Return the file of an image, or None where it is none by itself."""
        return None

    def read(self, index: int) -> Image:
        """Decode an image."""
        return decode_image(self.data(index), self.label(index))


class FileImages(ImageSource):
    """Image files.

    Args:
        location: The folder that they are in.
        files: Paths in it.
        names: Their names; by default the paths without ending.
    """

    def __init__(
        self, location: Path, files: Sequence[str], names: Sequence[str] | None = None
    ) -> None:
        self.location = location
        self._files = list(files)
        self.names = [without_suffix(file) for file in files] if names is None else list(names)

    def path(self, index: int) -> Path:
        """Return the file."""
        return self.location / self._files[index]

    def label(self, index: int) -> str:
        """Return the path of the file."""
        return str(self.path(index))

    def data(self, index: int) -> bytes:
        """Read the file."""
        path = self.path(index)
        try:
            return path.read_bytes()
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error

    def size(self, index: int) -> tuple[int, int]:
        """Look at the header and the end of the file."""
        info = inspect_image(self.path(index))
        return info.height, info.width


class FolderImages(FileImages):
    """The image files of a folder and of the folders in it.

    Args:
        folder: The folder.

    Raises:
        DataError: If there are none, or two have the same name but for the ending.
    """

    def __init__(self, folder: Path) -> None:
        files = list_images(folder)
        if not files:
            raise DataError(
                f"{folder} holds no images: put files with one of the endings "
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

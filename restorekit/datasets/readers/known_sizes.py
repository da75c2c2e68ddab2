"""The sizes of the images of a folder, remembered beside them from one start to the next.

The headers of half a million images take a minute to read, and every process of every run needs
their sizes before its first step. So they are kept in a hidden file in the folder, or, where the
folder cannot be written to, in the user's cache. The file is valid as long as the names, lengths
and modification times of all images are the same: the next start asks the file system for those
and reads no image.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from restorekit.io.files import atomic_path, cache_folder
from restorekit.io.headers import max_pixels

from .sources import FileImages

if sys.platform != "win32":
    import fcntl

#: Smaller folders are looked at in less time than a reader would wonder about a hidden file.
FEWEST_FILES = 2000
_VERSION = b"restorekit sizes 1"


@contextlib.contextmanager
def remembered_sizes(sources: Iterable[FileImages]) -> Iterator[None]:
    """Load the sizes that are remembered, and remember those that the block finds.

    Another process that wants to look at the same folders waits until this one has.
    """
    large = [source for source in sources if len(source.files) >= FEWEST_FILES]
    with contextlib.ExitStack() as locks:
        # In a fixed order, so that two processes never wait for each other.
        for folder in sorted({source.location.resolve() for source in large}):
            locks.enter_context(_turn(folder))
        digests = [_digest(source) for source in large]
        for source, digest in zip(large, digests, strict=True):
            _load(source, digest)
        before = [np.count_nonzero(source.sizes) for source in large]
        yield
        for source, digest, known in zip(large, digests, before, strict=True):
            if np.count_nonzero(source.sizes) > known:
                _save(source, digest)


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Wait until no other process is looking at a folder."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _digest(source: FileImages) -> str:
    """Return a hash of the names, lengths and times of all files; empty if one is missing."""
    digest = hashlib.blake2b(b"%b %d\n" % (_VERSION, max_pixels()), digest_size=16)
    folder = f"{source.location}{os.sep}"
    try:
        for file in source.files:
            found = os.stat(folder + file)
            digest.update(f"{file}\0{found.st_size} {found.st_mtime_ns}\n".encode())
    except (OSError, UnicodeEncodeError):
        return ""
    return digest.hexdigest()


def _paths(source: FileImages) -> tuple[Path, Path]:
    """Return the files for these names, in the folder and in the user's cache.

    One folder may hold the images of two sources.
    """
    names = hashlib.blake2b(digest_size=8)
    for file in source.files:
        names.update(file.encode(errors="surrogateescape") + b"\0")
    folder = hashlib.blake2b(os.fsencode(source.location.resolve()), digest_size=16).hexdigest()
    return (
        source.location / f".restorekit-sizes-{names.hexdigest()}.npz",
        cache_folder() / "sizes" / f"{folder}-{names.hexdigest()}.npz",
    )


def _load(source: FileImages, digest: str) -> None:
    for path in _paths(source):
        try:
            with np.load(path, allow_pickle=False) as content:
                sizes: npt.NDArray[np.int32] = content["sizes"]
                valid = str(content["digest"]) == digest
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            continue
        if valid and sizes.shape == source.sizes.shape and sizes.dtype == np.int32:
            source.sizes[:] = sizes
            return


def _save(source: FileImages, digest: str) -> None:
    if not digest:
        return
    beside, cached = _paths(source)
    path = beside if os.access(source.location, os.W_OK) else cached
    # Sizes that cannot be kept are read again by the next start.
    with contextlib.suppress(OSError), atomic_path(path) as temporary:
        np.savez(temporary, digest=np.array(digest), sizes=source.sizes)

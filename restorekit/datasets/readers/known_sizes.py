"""The sizes of the images of a folder, remembered beside them from one start to the next.

The headers of half a million images take a minute to read, and every process of every run needs
their sizes before its first step. So they are kept in a hidden file in the folder, which is valid
as long as the names, lengths and modification times of all images are the same: the next start
asks the file system for those and reads no image.
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

from restorekit.io.files import atomic_path
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

    Another process that wants to look at the same folders waits until this one has. Where a
    folder cannot be written to, nothing is remembered and nobody waits.
    """
    large = [
        source
        for source in sources
        if len(source.files) >= FEWEST_FILES and os.access(source.location, os.W_OK)
    ]
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


def _path(source: FileImages) -> Path:
    """Return the file for these names: one folder may hold the images of two sources."""
    names = hashlib.blake2b(digest_size=8)
    for file in source.files:
        names.update(file.encode(errors="surrogateescape") + b"\0")
    return source.location / f".restorekit-sizes-{names.hexdigest()}.npz"


def _load(source: FileImages, digest: str) -> None:
    try:
        with np.load(_path(source), allow_pickle=False) as content:
            sizes: npt.NDArray[np.int32] = content["sizes"]
            valid = str(content["digest"]) == digest
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return
    if valid and sizes.shape == source.sizes.shape and sizes.dtype == np.int32:
        source.sizes[:] = sizes


def _save(source: FileImages, digest: str) -> None:
    if not digest:
        return
    with contextlib.suppress(OSError), atomic_path(_path(source)) as temporary:
        np.savez(temporary, digest=np.array(digest), sizes=source.sizes)

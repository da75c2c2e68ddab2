"""Where files are written, and how: a kill leaves the old file or the new one, never half."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from restorekit.errors import DataError

if sys.platform != "win32":
    import fcntl

#: Characters of a name that a temporary file repeats: with what is added to them, names stay
#: within the 255 bytes that file systems allow.
_REPEATED = 40


def path_below(
    root: str | os.PathLike[str], name: str, suffix: str = "", *, inside: str = ""
) -> Path:
    """Return ``root/inside/name`` + ``suffix``, a path that lies below ``root`` for certain.

    Every file that is called after an image goes where this function says: names come from
    LMDBs, lists and archives made by others. Nothing is created.

    Args:
        root: The output folder; it may itself be a symbolic link.
        name: A relative path; a backslash separates folders as a slash does.
        suffix: Appended to the name, for example ``.png``.
        inside: The folder in ``root`` that the name is relative to, chosen by the program.

    Raises:
        DataError: If the name is empty or absolute, contains ``..`` or a NUL character, or leads
            out of ``root`` through a symbolic link.
    """
    parts = PurePosixPath(name.replace("\\", "/"))
    if (
        not parts.name
        or parts.is_absolute()
        or PureWindowsPath(name).drive
        or ".." in parts.parts
        or "\0" in name
    ):
        raise DataError(
            f"The image name {name!r} cannot name a file below {root}: use relative paths "
            "without '..'."
        )
    # Not with_suffix(): a name such as 'rain.01' keeps all of its parts.
    path = Path(root) / inside / parts.parent / f"{parts.name}{suffix}"
    if not path.parent.resolve().is_relative_to(Path(root).resolve()):
        raise DataError(
            f"The image name {name!r} leads out of {root} through a symbolic link: remove the "
            "link or choose another folder."
        )
    return path


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that replaces it when the block succeeds.

    The temporary file keeps the suffix of ``path`` (image writers choose the format by
    it). It is flushed to disk before the rename and removed when the block raises.
    Missing parent folders are created.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(
        dir=target.parent,
        prefix=f".{target.stem[:_REPEATED]}.",
        suffix=f".tmp{target.suffix[:_REPEATED]}",
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        # mkstemp creates files that only their owner may read; others expect the umask's mode.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def sole_writer(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Keep other processes that ask for the same from writing to a folder at the same time.

    The lock ends with the process, however it ends. It holds on one machine; file systems
    without locks do without.

    Args:
        folder: A folder that exists.

    Raises:
        DataError: If another process has it.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataError(
                f"Another process is writing to {folder}: wait until it has ended, or choose "
                "another folder."
            ) from error
        except OSError:
            pass
        yield
    finally:
        os.close(descriptor)


def remove_leftovers(folder: str | os.PathLike[str], *, recursive: bool = False) -> None:
    """Remove the temporary files that killed processes left in ``folder``.

    Only for a folder that nothing else is writing to.

    Args:
        folder: The folder.
        recursive: Whether folders below it are searched, too.
    """
    pattern = "**/.*.tmp*" if recursive else ".*.tmp*"
    for leftover in Path(folder).glob(pattern):
        if re.fullmatch(r"\..+\.tmp(\.\w+)?", leftover.name) and leftover.is_file():
            leftover.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], data: Any) -> None:
    """Write ``data`` as indented JSON, atomically; NaN and infinity are refused."""
    write_text(path, json.dumps(data, indent=2, allow_nan=False) + "\n")


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's bytes as 64 hex digits."""
    with Path(path).open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

"""Where files are written, and how: a kill leaves the old file or the new one, never half."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import secrets
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from restorekit.errors import DataError, OutputError, RestoreKitError

if sys.platform != "win32":
    import fcntl

#: Bytes that a file's name may have on the usual file systems.
_MAX_NAME = 255
#: Bytes that are written to see whether a disk has room: one block.
_PROBE = 4096


def path_below(
    root: str | os.PathLike[str], name: str, suffix: str = "", *, inside: str = ""
) -> Path:
    """Return ``root/inside/name`` + ``suffix``, a path that is certain to lie below ``root``.

    Every file that is named after an image gets its path here, since names come from LMDBs, lists
    and archives made by others. Nothing is created.

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

    Raises:
        OutputError: If ``path`` cannot be written: no permission, no space left, a name that
            is too long, a file in the way of a folder. An ``OSError`` about another file
            passes.
    """
    target = Path(path)
    # Names may have 255 bytes; eight random characters stand between stem and suffix.
    suffix = f".tmp{target.suffix[:20]}"
    room = _MAX_NAME - len(os.fsencode(f"..{suffix}")) - 8
    stem = os.fsdecode(os.fsencode(target.stem)[: max(room, 0)])
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Not mkstemp, whose files only their owner may read: here the umask decides, as for
        # any other file.
        path_there = target.parent / f".{stem}.{secrets.token_hex(4)}{suffix}"
        handle = os.open(path_there, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        temporary = path_there
        try:
            # Tells remove_leftovers that somebody is still writing.
            try_lock(handle)
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(target)
        finally:
            os.close(handle)
    except OSError as error:
        if isinstance(error, RestoreKitError) or not _concerns(error, target, temporary):
            raise
        raise OutputError(f"{target} cannot be written: {why_not_written(error)}.") from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def require_writable(
    path: str | os.PathLike[str], option: str = "", *, folder: bool = False, example: str = "x"
) -> None:
    """Refuse an output that cannot be written, before the work whose results go into it.

    Nothing is left behind: neither ``path`` nor its missing parents are created.

    Args:
        path: A file to be written or replaced, or a folder to be created or filled.
        option: The option that named it, for the message: ``--out``.
        folder: Whether it is a folder.
        example: The file name that the message suggests if ``path`` is a folder.

    Raises:
        OutputError: If something is in the way, there is no permission or no space, or the
            name is too long.
    """
    target = Path(path)
    label = f"{option} {target}".lstrip()
    try:
        if not folder and target.is_dir():
            raise OutputError(f"{label} is a folder: name a file in it, as {target / example}.")
        if folder and target.exists() and not target.is_dir():
            raise OutputError(f"{label} is a file, and a folder is needed: name another one.")
        parents = [target, *target.parents] if folder else target.absolute().parents
        nearest = next(parent for parent in parents if parent.exists())
        if not nearest.is_dir():
            raise OutputError(
                f"{label} cannot be written: {nearest} is a file, not a folder; name another path."
            )
        with tempfile.TemporaryFile(dir=nearest) as probe:
            probe.write(bytes(_PROBE))
            probe.flush()
    except OSError as error:
        if isinstance(error, RestoreKitError):
            raise
        raise OutputError(f"{label} cannot be written: {why_not_written(error)}.") from error


def why_not_written(error: OSError) -> str:
    """Return the reason and, where there is one, the remedy."""
    remedy = {
        errno.ENOSPC: "make room or name another disk",
        errno.EDQUOT: "make room or name another disk",
        errno.EFBIG: "the limit on the size of files is reached",
        errno.EACCES: "name another folder",
        errno.EPERM: "name another folder",
        errno.EROFS: "name another folder",
        errno.EISDIR: "name a file",
        errno.EEXIST: "a file is in the way of a folder",
        errno.ENOTDIR: "a file is in the way of a folder",
        errno.ENAMETOOLONG: "shorten it",
    }.get(error.errno or 0)
    text = error.strerror or str(error)
    text = text[:1].lower() + text[1:]
    return f"{text}; {remedy}" if remedy else text


@contextlib.contextmanager
def sole_writer(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Keep other processes that ask for the same from writing to a folder at the same time.

    The lock ends with the process, however that ends. It holds on one machine, and has no effect
    on file systems without locks.

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
        if not try_lock(descriptor):
            raise DataError(
                f"Another process is writing to {folder}: wait until it has ended, or choose "
                "another folder."
            )
        yield
    finally:
        os.close(descriptor)


def remove_leftovers(folder: str | os.PathLike[str], *, recursive: bool = False) -> None:
    """Remove the temporary files that killed processes left in ``folder``.

    Files that a running process is still writing stay.

    Args:
        folder: The folder.
        recursive: Whether folders below it are searched, too.
    """
    pattern = "**/.*.tmp*" if recursive else ".*.tmp*"
    for leftover in Path(folder).glob(pattern):
        if not re.fullmatch(r"\..*\.[0-9a-f]{8}\.tmp(\.\w+)?", leftover.name):
            continue
        with contextlib.suppress(OSError), leftover.open("rb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode) and try_lock(file.fileno()):
                leftover.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], data: Any) -> None:
    """Write ``data`` as indented JSON, atomically; NaN and infinity are refused."""
    write_text(path, json.dumps(data, indent=2, allow_nan=False) + "\n")


def shown_path(path: str | os.PathLike[str], *, parts: int | None = None) -> str:
    """Return a path as records and reports show it, relative to the working folder.

    Args:
        path: The path.
        parts: How many of its last parts to show if it is elsewhere; None shows it in full.
            Files that are shared must not contain the path of anyone's home folder.
    """
    file, here = Path(path).resolve(), Path.cwd()
    if file.is_relative_to(here):
        return file.relative_to(here).as_posix()
    return str(file) if parts is None else "/".join(file.parts[-parts:])


def cache_folder() -> Path:
    """Return the folder for files that can be made again: ``$XDG_CACHE_HOME/restorekit``."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "restorekit"


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's bytes as 64 hex digits."""
    with Path(path).open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def try_lock(handle: int) -> bool:
    """Lock an open file without waiting; return whether nobody else holds it."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # a file system without locks
    return True


def _concerns(error: OSError, target: Path, temporary: Path | None) -> bool:
    """Return whether an error is about writing ``target``, and not about some other file."""
    if error.filename is None:
        # A write to an open file names none.
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
    named = Path(os.fsdecode(error.filename))
    return named in (target, temporary, *target.parents) or named.parent == target.parent

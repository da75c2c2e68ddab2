"""Find the files that a command's inputs stand for: files, folders, patterns."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from restorekit.datasets.readers.listing import LEFT_OUT_FOLDERS, list_files
from restorekit.errors import DataError, did_you_mean
from restorekit.io.headers import IMAGE_SUFFIXES
from restorekit.io.result_names import COMPARED, RESTORED, results_among
from restorekit.io.video import VIDEO_SUFFIXES, is_part, is_video

#: Pictures that are not read; those in a folder are named, not taken.
UNREAD_SUFFIXES = (
    *(".heic", ".heif", ".avif", ".jxl", ".jp2", ".gif", ".psd"),
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"),
)
_KNOWN = (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES)


@dataclass(frozen=True)
class Source:
    """A file to restore.

    Attributes:
        path: The file.
        name: Its path below the folder that was named, or below the part of a pattern that
            comes before its first wildcard; for a file that was named, its own name.
    """

    path: Path
    name: str

    @property
    def is_video(self) -> bool:
        """Whether its suffix is that of a video."""
        return is_video(self.path)


@dataclass
class Sources:
    """What :func:`find_sources` found.

    Attributes:
        files: The files to restore, each once, sorted by name.
        results: Files that are results of an earlier run, and left out.
        unread: Pictures of formats that are not read, in folders and patterns.
    """

    files: list[Source] = field(default_factory=list)
    results: list[Path] = field(default_factory=list)
    unread: list[Path] = field(default_factory=list)


def find_sources(
    inputs: Iterable[str | os.PathLike[str]], out: str | os.PathLike[str] | None = None
) -> Sources:
    """Find images and videos.

    Hidden files, and files in folders and patterns that are neither images nor videos, are left
    out. So is ``NAME_restored.EXT`` (or ``_compare``) where an image or video ``NAME`` is in the
    same folder: it is a result, and restoring it again would change it again.

    Args:
        inputs: Files, folders, which are searched with all folders in them, and patterns such as
            ``photos/**/*.jpg``.
        out: The output folder, whose files are left out when it is in one of the folders.

    Raises:
        DataError: If an input does not exist, or stands for no image or video.
    """
    found = Sources()
    taken: set[Path] = set()
    results: dict[Path, Collection[str]] = {}
    output = None if out is None else Path(out).resolve()
    for text in inputs:
        empty = True
        for source in _files_of(os.fspath(text), output):
            empty = False
            real = source.path.resolve()
            if real in taken:
                continue
            taken.add(real)
            if _is_result(source.path, results):
                found.results.append(source.path)
            elif source.path.suffix.lower() in UNREAD_SUFFIXES and source.path != Path(text):
                found.unread.append(source.path)
            else:
                found.files.append(source)
        if empty:
            raise DataError(f"{os.fspath(text)} holds no image or video that can be read.")
    found.files.sort(key=lambda source: (source.name, os.fspath(source.path)))
    return found


def _files_of(text: str, output: Path | None) -> Iterator[Source]:
    """Yield what one input stands for."""
    if not text:
        raise DataError("An input is empty: name a file, a folder (. is this one) or a pattern.")
    path = _path(text)
    if path.is_dir():
        for name in list_files(path, (*_KNOWN, *UNREAD_SUFFIXES)):
            if not _is_output(path / name, path, output) and not _is_special(path / name):
                yield Source(path / name, name)
    elif _is_special(path):
        raise DataError(f"{text} is neither a file nor a folder: save what it gives as a file.")
    elif path.exists():
        yield Source(path, path.name)
    elif glob.has_magic(text):
        yield from _matches(path, output)
    else:
        raise DataError(f"There is no file or folder {text}.{_nearest(path)}")


def _path(text: str) -> Path:
    """Return a path in which ``~`` stands for a home folder, unless a file is called so."""
    path = Path(text)
    if not path.exists():
        with contextlib.suppress(RuntimeError):  # there is no such user
            return path.expanduser()
    return path


def _matches(pattern: Path, output: Path | None) -> Iterator[Source]:
    fixed = Path(*_before_wildcards(pattern.parts))
    files = [Path(match) for match in glob.glob(os.fspath(pattern), recursive=True)]
    files = [file for file in files if file.is_file() and not LEFT_OUT_FOLDERS & set(file.parts)]
    if not files:
        raise DataError(f"No file matches {pattern}.")
    for file in files:
        known = file.suffix.lower() in (*_KNOWN, *UNREAD_SUFFIXES)
        if known and not _is_output(file, fixed, output):
            yield Source(file, file.relative_to(fixed).as_posix())


def _is_special(path: Path) -> bool:
    """Return whether this is a pipe, a socket or a device, which reading may wait for forever."""
    return path.exists() and not path.is_file()


def _before_wildcards(parts: Sequence[str]) -> Iterator[str]:
    for part in parts[:-1]:
        if glob.has_magic(part):
            return
        yield part


def _is_output(file: Path, folder: Path, output: Path | None) -> bool:
    """Return whether a file in ``folder`` is in an output folder that is a part of that."""
    folder = folder.resolve()
    return (
        output is not None
        and output != folder
        and output.is_relative_to(folder)
        and file.resolve().is_relative_to(output)
    )


def _is_result(path: Path, results: dict[Path, Collection[str]]) -> bool:
    """Return whether a file is called as a result of another one in its folder."""
    if is_part(path):
        return True
    if not path.stem.endswith((RESTORED, COMPARED)):
        return False
    folder = path.parent
    if folder not in results:
        names = [Path(name).stem for name in os.listdir(folder) if name.lower().endswith(_KNOWN)]
        results[folder] = results_among(names)
    return path.stem in results[folder]


def _nearest(path: Path) -> str:
    try:
        return did_you_mean(path.name, os.listdir(path.parent))
    except OSError:
        return ""

"""Restore files, one after the other: reading and writing happen while the network works."""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from restorekit.errors import DataError, OutputError, RestoreKitError
from restorekit.io.files import remove_leftovers, require_writable
from restorekit.io.photos import Photo, decoded_bytes, read_photo, write_photo

from .sources import Sources, find_sources
from .targets import Job, plan_jobs, shard_of

if TYPE_CHECKING:
    from .restorer import Restorer

#: Bytes of decoded pixels that wait for the network or to be written; one photograph may be more.
_WAITING_BYTES = 160 << 20
#: Photographs that wait for the network.
_AHEAD = 4
#: Errors of a disk, after which no other file could be written either.
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes:
        source: The file.
        target: The restored file.
        error: Why there is none, in one sentence.
        skipped: Whether it was there already.
        notes: What could not be kept, one sentence each.

    Example:
        >>> Outcome(Path("a.jpg"), Path("a_restored.jpg"), skipped=True).error is None
        True
    """

    source: Path
    target: Path
    error: str | None = None
    skipped: bool = False
    notes: tuple[str, ...] = ()


@dataclass
class Options:
    """How files are restored and written; see :func:`restore_files`.

    Attributes:
        quality: Quality of JPEG and WebP.
        skip_existing: Whether files whose results exist are left out.
        video: Options for videos.
        on_tile: Called, for images that are restored in several parts, with the number of
            finished parts and of all.
    """

    quality: int | None = None
    skip_existing: bool = False
    video: Mapping[str, Any] = field(default_factory=dict)
    on_tile: Callable[[int, int], None] | None = None


def restore_files(
    restorer: Restorer,
    inputs: Iterable[str | os.PathLike[str]],
    out: str | os.PathLike[str] | None = None,
    *,
    format: str | None = None,  # noqa: A002
    quality: int | None = None,
    compare: bool = False,
    skip_existing: bool = False,
    shard: tuple[int, int] = (1, 1),
    video: Mapping[str, Any] | None = None,
) -> list[Outcome]:
    """Restore files, folders and patterns; files that cannot be restored do not end the rest.

    Photographs keep their depth, alpha, EXIF data, colour profile and resolution.

    Args:
        restorer: Restores a photograph; see :func:`restorekit.load_restorer`.
        inputs: Files, folders with all folders in them, and patterns (``photos/**/*.jpg``).
        out: Folder for the results, under the inputs' names and folders, or a file for a single
            input. By default results stand beside their inputs as ``NAME_restored.EXT``.
        format: ``png``, ``jpg``, ``webp`` or ``tiff``; by default the input's format.
        quality: Quality of JPEG and WebP, 1 to 100; see
            :func:`restorekit.io.photos.write_photo`.
        compare: Whether pictures before | after are written, too, as ``NAME_compare.EXT``.
        skip_existing: Whether files whose results exist are left out.
        shard: ``(i, n)`` takes the i-th of n parts of the files, from 1.
        video: Options of :func:`~restorekit.inference.video.restore_video` for videos.

    Returns:
        What became of each file.

    Raises:
        DataError: If an input does not exist, or a result would be written over an input or
            another result.
        OutputError: If nothing can be written to ``out``, or the disk is full.

    Example:
        >>> from restorekit.inference import load_restorer
        >>> with load_restorer("derain-small", device="cpu") as restorer:
        ...     [outcome] = restore_files(restorer, ["data/mine/test/lq/000.png"], compare=True)
        >>> outcome.target.name, outcome.error
        ('000_restored.png', None)
    """
    _, jobs = plan_files(inputs, out, format=format, compare=compare)
    options = Options(quality, skip_existing, video or {})
    return list(run_jobs(restorer, shard_of(jobs, shard), options, tidy=shard[1] == 1))


def plan_files(
    inputs: Iterable[str | os.PathLike[str]],
    out: str | os.PathLike[str] | None = None,
    *,
    format: str | None = None,  # noqa: A002
    compare: bool = False,
    option: str = "",
) -> tuple[Sources, list[Job]]:
    """Find the files of :func:`restore_files` and decide where results go; nothing is written.

    Args:
        inputs: See :func:`restore_files`, as for the rest.
        out: Folder for the results, or a file.
        format: Format of restored images.
        compare: Whether there are comparisons.
        option: What named ``out``, for messages.

    Returns:
        What was found, and a job for each file.

    Raises:
        DataError: See :func:`restore_files`.
        OutputError: If nothing can be written to ``out``.
    """
    found = find_sources(list(inputs), out)
    jobs = plan_jobs(found.files, out, format=format, compare=compare)
    if out is not None:
        require_writable(out, option, folder=Path(out) not in {job.target for job in jobs})
    return found, jobs


def run_jobs(
    restorer: Restorer,
    jobs: Sequence[Job],
    options: Options | None = None,
    *,
    tidy: bool = True,
    on_finished: Callable[[Outcome], None] | None = None,
) -> Generator[Outcome, None, None]:
    """Restore files and yield what became of each, once its result is on the disk.

    While a photograph is restored, the next ones are read and the ones before are written. When
    the iteration is broken off, files that are being written are finished.

    Args:
        restorer: Restores a photograph.
        jobs: The files and where their results go.
        options: How files are written.
        tidy: Whether what killed runs left in the folders of the results is removed first. Not
            where other processes write to the same folders: file systems without locks would
            not show which files those are writing.
        on_finished: Called with the same outcomes, including those of files that were finished
            after the iteration was broken off.

    Raises:
        OutputError: If the disk is full or cannot be written to.
    """
    options = options or Options()
    if tidy:
        for folder in {output.parent for job in jobs for output in job.outputs}:
            remove_leftovers(folder)
    todo: deque[Job] = deque()
    for job in jobs:
        if options.skip_existing and all(output.exists() for output in job.outputs):
            yield _report(Outcome(job.source.path, job.target, skipped=True), on_finished)
        else:
            todo.append(job)
    pipeline = _Pipeline(restorer, options)
    try:
        for outcome in pipeline.run(todo):
            yield _report(outcome, on_finished)
    finally:
        for outcome in pipeline.close():
            _report(outcome, on_finished)


def _report(outcome: Outcome, on_finished: Callable[[Outcome], None] | None) -> Outcome:
    if on_finished is not None:
        on_finished(outcome)
    return outcome


class _Pipeline:
    """Reads ahead, restores in the calling thread, writes behind."""

    def __init__(self, restorer: Restorer, options: Options) -> None:
        self._restorer = restorer
        self._options = options
        self._reading = ThreadPoolExecutor(1, "restorekit-read")
        self._writing = ThreadPoolExecutor(2, "restorekit-write")
        self._read: deque[tuple[Job, int, Future[Photo]]] = deque()
        self._written: deque[tuple[Job, int, Future[None]]] = deque()
        self._bytes = 0

    def run(self, todo: deque[Job]) -> Iterator[Outcome]:
        while todo or self._read or self._written:
            self._read_ahead(todo)
            if not self._read:
                # All photographs there is memory for are being written.
                yield self._wait_for_written()
                continue
            job, size, future = self._read.popleft()
            if job.source.is_video:
                while self._written:
                    yield self._wait_for_written()
                yield self._restore_video(job)
                continue
            try:
                photo = future.result()
                restored = self._restore(photo)
            except (RestoreKitError, MemoryError, OSError) as error:
                self._bytes -= size
                yield _failed(job, error)
            else:
                written = self._writing.submit(_write, job, photo, restored, self._options.quality)
                self._written.append((job, size, written))
            while self._written and self._written[0][2].done():
                yield self._wait_for_written()

    def _restore(self, photo: Photo) -> Any:
        on_tile = self._options.on_tile
        if on_tile is None:
            return self._restorer(photo.pixels)

        def on_part(done: int, parts: int) -> None:
            if parts > 1:
                on_tile(done, parts)

        return self._restorer(photo.pixels, on_progress=on_part)

    def close(self) -> list[Outcome]:
        """Finish what is being written, drop the rest, and return what was finished."""
        self._reading.shutdown(cancel_futures=True)
        self._writing.shutdown()
        finished = []
        while self._written:
            job, _, future = self._written.popleft()
            error = future.exception()
            if error is None:
                finished.append(Outcome(job.source.path, job.target))
            elif isinstance(error, (RestoreKitError, MemoryError)):
                finished.append(_failed(job, error))
        return finished

    def _read_ahead(self, todo: deque[Job]) -> None:
        while todo and len(self._read) < _AHEAD:
            job = todo[0]
            size = 0 if job.source.is_video else decoded_bytes(job.source.path)
            if self._bytes and self._bytes + size > _WAITING_BYTES:
                return
            todo.popleft()
            self._bytes += size
            read = _no_photo if job.source.is_video else read_photo
            self._read.append((job, size, self._reading.submit(read, job.source.path)))

    def _wait_for_written(self) -> Outcome:
        """Return the outcome of the file that has been written for the longest time."""
        job, size, future = self._written.popleft()
        self._bytes -= size
        try:
            future.result()
        except OutputError as error:
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno in _DISK_ERRORS:
                raise
            return _failed(job, error)
        except (RestoreKitError, MemoryError) as error:
            return _failed(job, error)
        return Outcome(job.source.path, job.target)

    def _restore_video(self, job: Job) -> Outcome:
        path, target = job.source.path, job.target
        try:
            result = self._restorer.restore_video(path, target, **self._options.video)
        except RestoreKitError as error:
            return _failed(job, error)
        return Outcome(path, target, notes=result.notes)


def _write(job: Job, photo: Photo, restored: Any, quality: int | None) -> None:
    write_photo(job.target, replace(photo, pixels=restored), quality)
    if job.comparison is not None:
        both = np.concatenate([photo.pixels, restored], axis=1)
        # Its size is not that which the EXIF data states.
        metadata = replace(photo.metadata, exif=b"")
        write_photo(job.comparison, replace(photo, pixels=both, metadata=metadata), quality)


def _failed(job: Job, error: BaseException) -> Outcome:
    text = str(error) or "there is not enough memory for it."
    path = os.fspath(job.source.path)
    sentence = text if path in text else f"{path}: {text}"
    return Outcome(job.source.path, job.target, error=sentence)


def _no_photo(path: Path) -> Photo:
    raise DataError(f"{path} is a video.")

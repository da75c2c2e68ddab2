"""Where results go: beside their inputs, or under an output folder."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from restorekit.errors import ConfigError, DataError
from restorekit.io.files import path_below
from restorekit.io.headers import IMAGE_SUFFIXES
from restorekit.io.result_names import COMPARED, RESTORED
from restorekit.io.video import VIDEO_SUFFIXES

from .sources import UNREAD_SUFFIXES, Source

#: Formats that can be chosen, and their suffixes.
FORMATS = {"png": ".png", "jpg": ".jpg", "webp": ".webp", "tiff": ".tif"}
_WRITTEN = (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES)


@dataclass(frozen=True)
class Job:
    """A file and where its result goes.

    Attributes:
        source: The file.
        target: The restored file.
        comparison: The picture before | after, if there is to be one.
    """

    source: Source
    target: Path
    comparison: Path | None = None

    @property
    def outputs(self) -> tuple[Path, ...]:
        """The files that are written."""
        return (self.target,) if self.comparison is None else (self.target, self.comparison)


def plan_jobs(
    sources: Sequence[Source],
    out: str | os.PathLike[str] | None = None,
    *,
    format: str | None = None,  # noqa: A002
    compare: bool = False,
) -> list[Job]:
    """Decide where results go.

    Args:
        sources: The files.
        out: Folder for the results, under the inputs' names; a file, if there is one input; by
            default results are called ``NAME_restored.EXT`` and stand beside their inputs.
        format: Format of restored images, a key of :data:`FORMATS`; by default the input's.
        compare: Whether there are comparisons, ``NAME_compare.EXT``.

    Raises:
        ConfigError: If ``out`` is a file and there are several inputs, or is one of a format that
            is not written, or a video for an image, or an image for a video.
        DataError: If a result would be written over an input or another result.
    """
    as_file = out is not None and _names_file(Path(out), _WRITTEN)
    if as_file and len(sources) != 1:
        raise ConfigError(f"-o {out} is one file, but there are several inputs: name a folder.")
    if out is not None and _names_file(Path(out), UNREAD_SUFFIXES):
        raise ConfigError(
            f"-o {out}: {Path(out).suffix} is not a format that is written; use one of "
            f"{', '.join(_WRITTEN)}, or name a folder."
        )
    if as_file and out is not None:
        _require_same_kind(sources[0], Path(out))
    jobs = []
    for source in sources:
        if out is None:
            stem, folder = source.path.stem + RESTORED, source.path.parent
            target = folder / (stem + _suffix(source, format))
            compared = folder / (source.path.stem + COMPARED + _suffix(source, format))
        elif as_file:
            target = Path(out)
            compared = target.with_name(target.stem + COMPARED + target.suffix)
        else:
            name = PurePosixPath(source.name)
            inside = str(name.parent)
            target = path_below(out, name.stem, _suffix(source, format), inside=inside)
            compared = target.with_name(target.stem + COMPARED + target.suffix)
        jobs.append(Job(source, target, compared if compare and not source.is_video else None))
    _refuse_overwriting(jobs)
    return jobs


def shard_of(jobs: Sequence[Job], shard: tuple[int, int]) -> list[Job]:
    """Return one part of the jobs; all parts together are all of them, each in one part.

    Args:
        jobs: The jobs, in the order of their sources' names.
        shard: Number of the part, from 1, and number of parts.
    """
    index, count = shard
    return list(jobs[index - 1 :: count])


def _require_same_kind(source: Source, out: Path) -> None:
    if source.is_video == (out.suffix.lower() in VIDEO_SUFFIXES):
        return
    kind, suffixes = ("video", VIDEO_SUFFIXES) if source.is_video else ("image", IMAGE_SUFFIXES)
    raise ConfigError(
        f"-o {out}: {source.path} is {'a' if source.is_video else 'an'} {kind}, which is not "
        f"written as {out.suffix}; use one of {', '.join(suffixes)}, or name a folder."
    )


def _names_file(out: Path, suffixes: Collection[str]) -> bool:
    """Return whether ``-o`` names a file of one of these formats, and no folder that is there."""
    return out.suffix.lower() in suffixes and not out.is_dir()


def _suffix(source: Source, format: str | None) -> str:  # noqa: A002
    """Return the suffix of a result: as the input's, PNG for a file without a known one."""
    if format is not None and not source.is_video:
        return FORMATS[format]
    suffix = source.path.suffix
    return suffix if suffix.lower() in _WRITTEN else ".png"


def _refuse_overwriting(jobs: Sequence[Job]) -> None:
    inputs = {_identity(job.source.path): job.source.path for job in jobs}
    taken: dict[str, Path] = {}
    for job in jobs:
        for output in job.outputs:
            source = inputs.get(_identity(output)) if output.exists() else None
            if source is not None:
                raise DataError(
                    f"{job.source.path} would be written over the input {source}: choose another "
                    "folder with -o, or none for NAME_restored beside the inputs."
                )
            # In one way for file systems that do not tell cases apart.
            other = taken.setdefault(os.path.abspath(output).lower(), job.source.path)
            if other != job.source.path:
                raise DataError(
                    f"{other} and {job.source.path} would both be written to {output}: choose "
                    "another -o or --format, or restore them in two calls."
                )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino

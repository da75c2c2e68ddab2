"""Restore a video: decoding, restoring and encoding run at the same time."""

from __future__ import annotations

import contextlib
import math
import os
import shlex
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy.typing as npt

from restorekit.errors import ConfigError, OutputError, RestoreKitError
from restorekit.io.files import require_writable
from restorekit.io.threads import Background, ahead
from restorekit.io.video import (
    CodedPacket,
    VideoFrame,
    VideoSource,
    VideoTarget,
    choose_encoding,
    partial_path,
    refuse_same_file,
    rest_path,
)

from .temporal import TemporalFilter

#: uint8 or uint16, (H, W, 3), RGB.
Frame: TypeAlias = npt.NDArray[Any]
#: Frames that wait between two stages; each 1080p frame takes 6 MB, or 12 with 10 bits.
_WAITING = 3


@dataclass(frozen=True)
class VideoResult:
    """What became of a video.

    Attributes:
        path: The written file.
        frames: Number of its frames.
        notes: What could not be kept, what was left out of a damaged file, and the warp error,
            one sentence each.
        warp_error: With ``temporal``, the warp error without and with it; see
            :func:`restorekit.metrics.functional.warp_error.warp_error`.

    Example:
        >>> VideoResult(Path("dry.mp4"), frames=250, warp_error=(6.1e-4, 1.9e-4)).notes
        ()
    """

    path: Path
    frames: int
    notes: tuple[str, ...] = ()
    warp_error: tuple[float, float] | None = None


class VideoInterrupted(KeyboardInterrupt):
    """An interrupt, after the frames that were done have been saved.

    ``str(error)`` says in a sentence where they are; :attr:`path` is the file, if there is one.

    Example:
        >>> try:
        ...     raise VideoInterrupted("12 frames are in a.partial.mp4.", Path("a.partial.mp4"))
        ... except KeyboardInterrupt as interrupt:
        ...     print(interrupt)
        12 frames are in a.partial.mp4.
    """

    def __init__(self, message: str, path: Path | None) -> None:
        super().__init__(message)
        self.path = path


def restore_video(
    restore: Callable[[Frame], Frame],
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    start: float | None = None,
    end: float | None = None,
    codec: str | None = None,
    crf: int | None = None,
    temporal: int = 0,
    on_frame: Callable[[int, int | None], None] | None = None,
) -> VideoResult:
    """Restore the frames of a video and keep all else: sound, subtitles, times, colours.

    While it is written, the video is called ``NAME.partial.EXT`` beside ``out`` and can be
    played. What an interrupted run left under that name is replaced, unless there is a ``start``.
    Memory does not depend on the length of the video.

    Args:
        restore: Restores a frame, for example a :class:`~restorekit.Restorer`: RGB
            (H, W, 3), uint8, or uint16 for videos of more than 8 bits; the same comes back.
        source: The video.
        out: The file to be written; its suffix determines the container.
        start: Where to start, in seconds.
        end: Where to end, in seconds.
        codec: ``h264``, ``hevc``, ``vp9``, ``av1``, ``ffv1`` or ``prores``; by default the usual
            one of the container.
        crf: Quality as the encoder counts it: smaller is better and larger.
        temporal: Against flicker: number of frames on each side that each frame is merged with;
            see :class:`~restorekit.inference.temporal.TemporalFilter`. 0 restores each by itself.
        on_frame: Called with the number of finished frames and the expected one, if known.

    Raises:
        DataError: If the source cannot be read.
        ConfigError: If an option cannot be used.
        OutputError: If the file cannot be written.
        VideoInterrupted: In place of a ``KeyboardInterrupt``, once what is done is saved.

    Example:
        >>> import av
        >>> with av.open("clip.mkv", "w") as clip:
        ...     stream = clip.add_stream("ffv1", rate=10, width=64, height=48)
        ...     clip.mux(stream.encode(av.VideoFrame.from_ndarray(clean)))
        ...     clip.mux(stream.encode())
        >>> restore_video(lambda frame: frame // 2, "clip.mkv", "dark.mkv", codec="ffv1").frames
        1
    """
    if temporal < 0:
        raise ConfigError(f"temporal is {temporal}, but must be 0 or more.")
    source, out = Path(source), Path(out)
    refuse_same_file(source, out)
    require_writable(out, "-o", example=source.name)
    if start and partial_path(out).exists():
        raise OutputError(
            f"{partial_path(out)} has the frames of an interrupted run, which this one would "
            f"replace: write the rest to another file (-o {shlex.quote(str(rest_path(out)))}), or "
            "remove that one."
        )
    with VideoSource(source, start, end) as video:
        size = (video.width, video.height)
        encoding = choose_encoding(out.suffix, video.pixel_format, size, codec, crf)
        target = VideoTarget(out, video, encoding)
        job = _Job(video, target, restore, TemporalFilter(temporal) if temporal else None)
        try:
            for done in job.run():
                if on_frame is not None:
                    on_frame(done, video.frame_count)
            path = target.finish()
        except BaseException as error:
            saved = job.save()
            rest = Fraction(start or 0).limit_denominator(10**6) + job.next
            left = _what_is_left(saved, target.frames, rest, out)
            if isinstance(error, KeyboardInterrupt):
                raise VideoInterrupted(left, saved) from None
            if isinstance(error, RestoreKitError) and saved is not None:
                raise type(error)(f"{error} {left[0].upper()}{left[1:]}.") from error
            raise
        return VideoResult(path, target.frames, tuple(job.notes()), job.warp_error())


class _Job:
    """The stages of one video, joined by queues."""

    def __init__(
        self,
        source: VideoSource,
        target: VideoTarget,
        restore: Callable[[Frame], Frame],
        temporal: TemporalFilter[tuple[VideoFrame, Frame]] | None,
    ) -> None:
        self._source = source
        self._target = target
        self._restore = restore
        self._temporal = temporal
        self._writer: Background[Callable[[], None]] | None = None
        #: Times of the frames that are read and not in the result, in seconds from the start.
        self._times: deque[Fraction] = deque()
        self._done = Fraction(0)

    def run(self) -> Iterator[int]:
        """Do the work and yield the number of finished frames after each."""
        decoded = ahead(self._decoded(), _WAITING)
        self._writer = Background(lambda write: write(), _WAITING)
        done = 0
        try:
            for item, rgb in self._merged(decoded):
                if rgb is None:
                    self._writer.put(partial(self._target.write_packet, item))
                    continue
                self._writer.put(partial(self._target.write_frame, item, *rgb))
                done += 1
                self._done = self._times.popleft()
                yield done
        finally:
            decoded.close()
        self._writer.finish()

    @property
    def next(self) -> Fraction:
        """Time of the first frame that is not in the result, in seconds from the start."""
        # Not the end of the last frame that is: not all containers know how long a frame lasts.
        return self._times[0] if self._times else self._done + Fraction(1, 1000)

    def save(self) -> Path | None:
        """After an error or an interrupt, finish the file with what is done, or remove it."""
        if self._writer is not None:
            with contextlib.suppress(Exception):
                self._writer.finish()
        if not self._target.frames:
            self._target.discard()
            return None
        with contextlib.suppress(RestoreKitError):
            return self._target.finish(complete=False)
        return self._target.partial

    def notes(self) -> Iterator[str]:
        """Yield what could not be kept."""
        for what in self._target.not_kept:
            yield f"Not kept: {what}."
        if self._source.first.interlaced_frame:
            yield "The video is interlaced, and was restored as whole frames: deinterlace it first."
        if self._source.damaged:
            yield f"{self._source.damaged} damaged packets of {self._source.path} were left out."

        if (errors := self.warp_error()) is not None:
            yield "Warp error {:.2e} frame by frame, {:.2e} with --temporal.".format(*errors)

    def warp_error(self) -> tuple[float, float] | None:
        """Return the warp error without and with the temporal filter."""
        return self._temporal.warp_error() if self._temporal else None

    def _decoded(self) -> Iterator[tuple[Any, Frame | None]]:
        for item in self._source.items():
            yield item, self._target.to_rgb(item) if isinstance(item, VideoFrame) else None

    def _merged(
        self, decoded: Iterator[tuple[VideoFrame | CodedPacket, Frame | None]]
    ) -> Iterator[tuple[Any, tuple[Frame, Frame] | None]]:
        """Yield each frame with what it was and what it is restored; and each packet."""
        for item, before in decoded:
            if before is None or isinstance(item, CodedPacket):
                yield item, None
                continue
            self._times.append(item.time)
            after = self._restore(before)
            if self._temporal is None:
                yield item, (before, after)
                continue
            for (frame, old), new in self._temporal.add((item, before), after):
                yield frame, (old, new)
        if self._temporal is not None:
            for (frame, old), new in self._temporal.finish():
                yield frame, (old, new)


def _what_is_left(saved: Path | None, frames: int, rest: Fraction, out: Path) -> str:
    if saved is None:
        return "no frame was finished, and nothing was written"
    # Rounded down: a start behind the next frame would leave it out.
    start = math.floor(rest * 1000) / 1000
    return (
        f"the {frames} frames that were done are in {saved}; `--start {start:.3f} -o "
        f"{shlex.quote(str(rest_path(out)))}` restores the rest"
    )

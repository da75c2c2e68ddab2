"""Read a video: its frames, and the packets of everything else in its order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType

from restorekit.errors import ConfigError, DataError
from restorekit.io.headers import MAX_PIXELS_VARIABLE, max_pixels

from .pyav import Av, import_av, reading

#: Damaged packets in a row after which a file is given up.
_MAX_DAMAGED = 200


@dataclass(frozen=True)
class VideoFrame:
    """A decoded frame; ``time`` is in seconds from the start of what is read."""

    decoded: Av
    #: Presentation time and duration in units of the stream's time base.
    pts: int
    duration: int
    time: Fraction


@dataclass(frozen=True)
class CodedPacket:
    """A packet of a stream that is copied as it is: sound, subtitles, a cover picture."""

    stream: int
    packet: Av


class VideoSource:
    """A video file, opened for reading.

    Args:
        path: The file.
        start: Where to start, in seconds from the beginning. Timestamps are then shifted so
            that this is 0.
        end: Where to end, in seconds from the beginning; the frame that is shown at this time
            is left out.

    Raises:
        DataError: If the file is missing, damaged, no video or too large.
        ConfigError: If there is nothing between ``start`` and ``end``.
        MissingDependencyError: If PyAV is not installed.
    """

    def __init__(
        self, path: str | os.PathLike[str], start: float | None = None, end: float | None = None
    ) -> None:
        self.path = Path(path)
        if start is not None and start < 0:
            raise ConfigError(f"--start {start:g} is before the beginning: use 0 or more.")
        if end is not None and end <= (start or 0):
            raise ConfigError(f"--end {end:g} must be after --start {start or 0:g}.")
        # The first frame is decoded from a container of its own: seeking back afterwards would lose
        # packets of sound that begin before it.
        with reading(path), _open(self.path) as container:
            self.first = self._first_frame(container)
        with reading(path):
            self.container: Av = _open(self.path)
        try:
            self._describe(start, end)
        except BaseException:
            self.container.close()
            raise

    def _describe(self, start: float | None, end: float | None) -> None:
        self.video = self._main_stream(self.container)
        self._pts: int | None = None
        self.time_base: Fraction = self.video.time_base
        first = self.first
        self.width, self.height = first.width, first.height
        if self.width * self.height > max_pixels():
            raise DataError(
                f"The frames of {self.path} have {self.width}x{self.height} pixels, and at most "
                f"{max_pixels():,} are decoded: set the environment variable {MAX_PIXELS_VARIABLE} "
                "to a larger number if you trust the file."
            )
        self.pixel_format: str = first.format.name
        self.full_range = first.color_range == 2 or self.pixel_format.startswith("yuvj")
        self.rate: Fraction = self.video.average_rate or self.video.guessed_rate or Fraction(25)
        self.matrix: bytes | None = _display_matrix(first)
        #: Streams that are copied, by index; attached pictures among them.
        self.others: list[Av] = [s for s in self.container.streams if s.index != self.video.index]
        #: Number of packets that could not be decoded.
        self.damaged = 0
        self._start = start
        self._end = end
        origin = (first.pts or 0) * self.time_base
        #: Time in the file, in seconds, that becomes 0.
        self.origin = origin + Fraction(start).limit_denominator(10**6) if start else origin
        self._last = None if end is None else origin + Fraction(end).limit_denominator(10**6)
        length = self.duration
        if length is not None and start is not None and start >= length:
            raise ConfigError(
                f"--start {start:g} is after the end of {self.path} ({length:.2f} s)."
            )

    @property
    def duration(self) -> float | None:
        """Length of the whole file in seconds, if it is known."""
        if self.video.duration:
            return float(self.video.duration * self.time_base)
        return self.container.duration / 1e6 if self.container.duration else None

    @property
    def frame_count(self) -> int | None:
        """Number of frames to expect, estimated from the length where the file does not say."""
        whole = self.duration
        if self._start is None and self._end is None and self.video.frames:
            return int(self.video.frames)
        if whole is None:
            return None
        end = whole if self._end is None else min(self._end, whole)
        return max(1, round((end - (self._start or 0)) * float(self.rate)))

    @property
    def shift(self) -> Fraction:
        """Seconds that are subtracted from all timestamps: 0 where the whole file is read."""
        return self.origin if self._start else Fraction(0)

    def items(self) -> Iterator[VideoFrame | CodedPacket]:
        """Yield frames in the order of their times, and packets of other streams between them.

        Packets that cannot be decoded are left out and counted in :attr:`damaged`.

        Raises:
            DataError: If the file is damaged throughout, or frames change their size.
        """
        with reading(self.path):
            yield from self._covers()
            if self._start:
                self.container.seek(int(self.origin / self.time_base), stream=self.video)
            in_a_row = 0
            for packet in self.container.demux(self._read_streams()):
                # Not stream_index: the last packets, which flush decoders, all state 0.
                index = packet.stream.index
                if index != self.video.index:
                    if packet.dts is not None and self._wanted(packet):
                        yield CodedPacket(index, self._shifted(packet))
                    continue
                try:
                    frames = packet.decode()
                except import_av().error.InvalidDataError:
                    self.damaged += 1
                    in_a_row += 1
                    if in_a_row > _MAX_DAMAGED:
                        raise
                    continue
                in_a_row = 0
                for frame in frames:
                    timed = self._timed(frame)
                    if timed is None:
                        continue
                    if self._last is not None and timed.time >= self._last - self.origin:
                        return
                    yield timed

    def close(self) -> None:
        """Close the file."""
        self.container.close()

    def __enter__(self) -> VideoSource:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _main_stream(self, container: Av) -> Av:
        streams = [s for s in container.streams.video if not is_cover(s)]
        if not streams or streams[0].codec_context is None:
            raise DataError(f"{self.path} has no video stream that can be decoded.")
        streams[0].thread_type = "AUTO"
        return streams[0]

    def _first_frame(self, container: Av) -> Av:
        """Decode the first frame, whose properties the container does not always know."""
        for packet in container.demux(self._main_stream(container)):
            try:
                frames = packet.decode()
            except import_av().error.InvalidDataError:
                continue
            if frames:
                return frames[0]
        raise DataError(f"{self.path} has no frame that can be decoded.")

    def _read_streams(self) -> list[Av]:
        copied = ("audio", "subtitle", "video")
        return [self.video, *(s for s in self.others if s.type in copied and not is_cover(s))]

    def _covers(self) -> Iterator[CodedPacket]:
        """Yield attached pictures, which are lost once the file is at another position."""
        covers = [s for s in self.others if is_cover(s)]
        if not covers:
            return
        with _open(self.path) as again:
            for cover in covers:
                for packet in again.demux(again.streams[cover.index]):
                    if packet.size:
                        yield CodedPacket(cover.index, packet)
                    break

    def _timed(self, frame: Av) -> VideoFrame | None:
        """Return a frame with its time, or None before the start."""
        if (frame.width, frame.height) != (self.width, self.height):
            raise DataError(
                f"The frames of {self.path} change their size from {self.width}x{self.height} to "
                f"{frame.width}x{frame.height}: restore the parts with --start and --end."
            )
        step = max(1, round(1 / (self.rate * self.time_base)))
        pts = frame.pts if frame.pts is not None else frame.dts
        if pts is None:
            pts = 0 if self._pts is None else self._pts + step
        # Times must rise for encoders and containers; a repeated one moves by the smallest step.
        if self._pts is not None and pts <= self._pts:
            pts = self._pts + 1
        self._pts = pts
        seconds = pts * self.time_base
        if self._start and seconds < self.origin:
            return None
        shifted = round((seconds - self.shift) / self.time_base)
        duration = frame.duration or step
        return VideoFrame(frame, shifted, duration, seconds - self.origin)

    def _wanted(self, packet: Av) -> bool:
        """Return whether a packet lies between start and end."""
        pts = packet.pts if packet.pts is not None else packet.dts
        begin = pts * packet.time_base
        if self._last is not None and begin >= self._last:
            return False
        if not self._start:
            return True
        # A subtitle may begin before the start and still be shown.
        subtitle = packet.stream.type == "subtitle"
        shown_until = begin + (packet.duration or 0) * packet.time_base if subtitle else begin
        return bool(shown_until > self.origin or begin >= self.origin)

    def _shifted(self, packet: Av) -> Av:
        if self.shift:
            ticks = round(self.shift / packet.time_base)
            before = max(0, ticks - packet.pts) if packet.pts is not None else 0
            late = before if packet.stream.type == "subtitle" else 0
            if late:
                packet.duration = max(1, (packet.duration or 0) - late)
            if packet.pts is not None:
                packet.pts = packet.pts - ticks + late
            packet.dts = packet.dts - ticks + late
        return packet


def _open(path: Path) -> Av:
    # With an explicit protocol, libavformat looks for no protocol or pattern in the name.
    return import_av().open(f"file:{path}", metadata_errors="replace")


def is_cover(stream: Av) -> bool:
    """Return whether a video stream is a single attached picture."""
    if stream.type != "video":
        return False
    return bool(stream.disposition & import_av().stream.Disposition.attached_pic)


def _display_matrix(frame: Av) -> bytes | None:
    """Return the nine 16.16 and 2.30 numbers by which players turn the picture, if any."""
    kind = import_av().sidedata.sidedata.Type.DISPLAYMATRIX
    found = frame.side_data.get(kind)
    return bytes(found) if found is not None else None

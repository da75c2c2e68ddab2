"""Write a video: an encoded stream, and the copied packets of other streams."""

from __future__ import annotations

import contextlib
import io
import os
import struct
from fractions import Fraction
from pathlib import Path

from restorekit.errors import DataError

from .codecs import Encoding, is_video
from .colors import ColorConversion, Frame
from .pyav import Av, import_av, writing
from .source import CodedPacket, VideoFrame, VideoSource, is_cover

#: Tags that describe the source file itself, not what is in it.
_STALE = {
    "major_brand",
    "minor_version",
    "compatible_brands",
    "encoder",
    "duration",
    "rotate",
    "bps",
    "number_of_frames",
    "number_of_bytes",
}
#: Side data of frames that encoders do not take.
_IN_PICTURES = {
    "MASTERING_DISPLAY_METADATA": "the mastering display of HDR10",
    "CONTENT_LIGHT_LEVEL": "the content light level of HDR10",
    "DYNAMIC_HDR_PLUS": "the dynamic data of HDR10+",
    "DOVI_METADATA": "Dolby Vision",
    "A53_CC": "closed captions inside the pictures",
}
#: Options of muxers with which a file that breaks off can be played up to there. Fragmented MP4
#: gets an ordinary index when it is closed.
_STREAMED = {
    "mp4": {"movflags": "hybrid_fragmented+delay_moov+frag_keyframe", "frag_duration": "1000000"},
    "matroska": {"cluster_time_limit": "1000", "avoid_negative_ts": "disabled"},
}


#: What follows the name of a video while it is written, and of what an interrupted run left to do.
_PARTIAL, _REST = ".partial", ".rest"


def partial_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of an unfinished video: ``clip.partial.mp4`` beside ``clip.mp4``."""
    path = Path(path)
    return path.with_name(f"{path.stem}{_PARTIAL}{path.suffix}")


def rest_path(path: str | os.PathLike[str]) -> Path:
    """Return where the rest of an interrupted video may go: ``clip.rest.mp4``."""
    path = Path(path)
    return path.with_name(f"{path.stem}{_REST}{path.suffix}")


def is_part(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is called as :func:`partial_path` or :func:`rest_path` call theirs."""
    return is_video(Path(path)) and Path(path).stem.endswith((_PARTIAL, _REST))


class VideoTarget:
    """A video that is written under :func:`partial_path` and renamed once it is complete.

    Whatever happens meanwhile, the partial file can be played up to about the last second.

    Args:
        path: The file to be written.
        source: Where the other streams, the timestamps and the properties come from.
        encoding: See :func:`restorekit.io.video.choose_encoding`.

    Raises:
        OutputError: If the file cannot be written.
    """

    def __init__(
        self, path: str | os.PathLike[str], source: VideoSource, encoding: Encoding
    ) -> None:
        self.path = Path(path)
        self.partial = partial_path(path)
        self._encoding = encoding
        self._source = source
        self._colors = ColorConversion(
            source.pixel_format,
            encoding.pixel_format,
            source.first.colorspace,
            source.full_range,
            source.height,
        )
        #: The parts of the source that container or codec cannot hold, a phrase for each.
        carried = {data.type.name for data in source.first.side_data}
        self.not_kept: list[str] = [text for kind, text in _IN_PICTURES.items() if kind in carried]
        #: Number of frames that were given to the encoder.
        self.frames = 0
        self._last_pts = -1
        self._uneven = False
        av = import_av()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        options = {**self._muxer_options(), "flush_packets": "1"}
        with writing(self.partial):
            self._container: Av = av.open(
                f"file:{self.partial}", "w", format=encoding.muxer, options=options
            )
            self._video = self._add_video()
            self._copies = {s.index: copy for s in source.others if (copy := self._add_copy(s))}
            self._copy_descriptions()
            self._started = False

    def to_rgb(self, frame: VideoFrame) -> Frame:
        """Return a frame of the source as RGB."""
        return self._colors.to_rgb(frame.decoded)

    def write_frame(self, frame: VideoFrame, before: Frame, after: Frame) -> None:
        """Encode a restored frame.

        Args:
            frame: The source's frame.
            before: :meth:`to_rgb` of it.
            after: The restored one.
        """
        encoded = self._colors.changed(frame.decoded, before, after)
        encoded.time_base = self._video.codec_context.time_base
        encoded.pts, encoded.duration = self._times(frame)
        decoded = frame.decoded
        encoded.colorspace, encoded.color_range = self._tags()
        encoded.color_trc, encoded.color_primaries = decoded.color_trc, decoded.color_primaries
        with writing(self.partial):
            self._container.mux(self._video.encode(encoded))
        self.frames += 1

    def write_packet(self, item: CodedPacket) -> None:
        """Copy a packet of another stream, if the container takes that stream."""
        copy = self._copies.get(item.stream)
        if copy is None:
            return
        item.packet.stream = copy
        with writing(self.partial):
            self._container.mux(item.packet)

    def finish(self, *, complete: bool = True) -> Path:
        """Flush the encoder, close the file and, where it is complete, give it its name."""
        with writing(self.partial):
            if self.frames:
                self._container.mux(self._video.encode(None))
            self._container.close()
        if not complete:
            return self.partial
        with self.partial.open("rb+") as file:
            os.fsync(file.fileno())
        self.partial.replace(self.path)
        return self.path

    def discard(self) -> None:
        """Close and remove the file."""
        with contextlib.suppress(Exception):
            self._container.close()
        self.partial.unlink(missing_ok=True)

    def _times(self, frame: VideoFrame) -> tuple[int, int]:
        """Return time and duration of a frame in the units of the encoder."""
        source, target = self._source.time_base, self._video.codec_context.time_base
        if source == target:
            return frame.pts, frame.duration
        # AVI has one frame rate; two frames cannot have the same time.
        pts = max(round(frame.pts * source / target), self._last_pts + 1)
        if abs(pts * target - frame.pts * source) > target / 2 and not self._uneven:
            self._uneven = True
            self.not_kept.append("uneven times of frames: AVI has one frame rate")
        self._last_pts = pts
        return pts, 1

    def _muxer_options(self) -> dict[str, str]:
        muxer = self._encoding.muxer
        options = dict(_STREAMED["mp4"] if muxer in ("mp4", "mov") else {})
        if options:
            # Times before the first frame are in units of the movie, by default 1/1000 s.
            options["movie_timescale"] = str(max(1000, self._source.time_base.denominator))
        if muxer in ("matroska", "webm"):
            options = dict(_STREAMED["matroska"])
        # Phones store their location and model under names that need this flag.
        if "movflags" in options and any("." in key for key in self._source.container.metadata):
            options["movflags"] += "+use_metadata_tags"
        return options

    def _add_video(self) -> Av:
        source, encoding = self._source, self._encoding
        stream = self._container.add_stream(
            encoding.encoder,
            rate=source.rate,
            width=source.width,
            height=source.height,
            options=dict(encoding.options),
        )
        context = stream.codec_context
        stream.pix_fmt = encoding.pixel_format
        # Without presentation times, AVI counts frames of one length.
        base = 1 / source.rate if encoding.muxer == "avi" else source.time_base
        stream.time_base = context.time_base = base
        context.colorspace, context.color_range = self._tags()
        context.color_primaries = source.first.color_primaries
        context.color_trc = source.first.color_trc
        ratio = source.video.sample_aspect_ratio
        if ratio:
            context.sample_aspect_ratio = ratio
        context.flags |= import_av().codec.context.Flags.frame_duration
        if source.matrix is not None:
            stream.set_display_matrix(struct.unpack("=9i", source.matrix))
        stream.metadata.update(_tags_of(source.video))
        stream.disposition = source.video.disposition
        return stream

    def _tags(self) -> tuple[int, int]:
        """Return the matrix and the range that the stream states."""
        first = self._source.first
        rgb = import_av().VideoFormat(self._encoding.pixel_format).is_rgb
        matrix = first.colorspace
        if rgb:
            matrix = 0
        elif matrix == 0:
            matrix = 1  # the source is RGB, the target YUV in BT.709
        stated = first.color_range or (1 if matrix != 0 else 2)
        return matrix, 2 if self._colors.full_range else (1 if first.color_range == 2 else stated)

    def _add_copy(self, stream: Av) -> Av | None:
        """Add a stream that is copied, or note why the container cannot hold it."""
        if stream.type == "data":
            # The muxer makes the tracks of timecodes and chapters from metadata, which is copied.
            if "timecode" not in stream.metadata and not self._source.container.chapters():
                self.not_kept.append(f"data stream {stream.index}")
            return None
        name = stream.codec_context.name if stream.codec_context else stream.type
        kind = "cover picture" if is_cover(stream) else f"{stream.type} stream"
        label = f"{kind} {stream.index} ({name})"
        if not _can_hold(self._encoding.muxer, stream):
            self.not_kept.append(f"{label}: {self.path.suffix} cannot hold it")
            return None
        copy = self._container.add_stream_from_template(stream, opaque=True)
        copy.metadata.update(_tags_of(stream))
        copy.disposition = stream.disposition
        return copy

    def _copy_descriptions(self) -> None:
        source = self._source.container
        self._container.metadata.update(_without_stale(source.metadata))
        chapters = []
        for chapter in source.chapters():
            base = chapter["time_base"] or Fraction(1, 1000)
            moved = round(self._source.shift / base)
            start, end = max(0, chapter["start"] - moved), chapter["end"] - moved
            if end > start:
                chapters.append({**chapter, "start": start, "end": end, "time_base": base})
        if chapters:
            self._container.set_chapters(chapters)


def _can_hold(muxer: str, stream: Av) -> bool:
    """Return whether a container takes a stream: write the header of one with nothing else."""
    av = import_av()
    with contextlib.suppress(ValueError, av.FFmpegError):
        trial = av.open(io.BytesIO(), "w", format=muxer)
        trial.add_stream_from_template(stream, opaque=True)
        trial.start_encoding()
        with contextlib.suppress(av.FFmpegError):
            trial.close()
        return True
    return False


def _tags_of(stream: Av) -> dict[str, str]:
    return _without_stale(stream.metadata)


def _without_stale(metadata: dict[str, str]) -> dict[str, str]:
    def is_stale(key: str) -> bool:
        name = key.lower().partition("-")[0]
        return name in _STALE or name.startswith("_statistics")

    return {key: value for key, value in metadata.items() if not is_stale(key)}


def refuse_same_file(source: Path, target: Path) -> None:
    """Refuse to write a video over its source.

    Raises:
        DataError: If both names lead to the same file.
    """
    if target.exists() and source.exists() and target.samefile(source):
        raise DataError(f"{source} would be written over itself: choose another name with -o.")

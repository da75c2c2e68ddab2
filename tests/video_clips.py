"""Short clips with sound, uneven times, rotation …, made by PyAV, and what is in a clip."""

from fractions import Fraction

import numpy as np
import pytest

av = pytest.importorskip("av")

#: Uneven times of frames in units of 1/90000 s: between 60 and 15 frames a second.
BASE = Fraction(1, 90000)


def uneven_times(count, seed=0):
    steps = np.random.default_rng(seed).integers(1500, 6000, count)
    return [int(time) for time in np.cumsum(steps) - steps[0]]


def moving_scene(count, height=72, width=96, seed=0):
    """Return uint8 frames: a window that moves over a smooth picture."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(40, 210, ((height + count) // 6 + 3, (width + count) // 6 + 3, 3))
    big = np.kron(coarse, np.ones((6, 6, 1)))
    kernel = np.ones(7) / 7
    for axis in (0, 1):
        big = np.apply_along_axis(np.convolve, axis, big, kernel, mode="same")
    return [big[i : i + height, i : i + width].round().astype(np.uint8) for i in range(count)]


def write_planes(frame, arrays):
    for plane, array in zip(frame.planes, arrays, strict=True):
        view = np.frombuffer(plane, array.dtype).reshape(plane.height, -1)
        view[:, : array.shape[1]] = array


def planes_of(frame):
    """Return the samples of a planar frame, without padding."""
    sample = np.uint8 if frame.format.components[0].bits <= 8 else np.uint16
    views = [np.frombuffer(p, sample).reshape(p.height, -1)[:, : p.width] for p in frame.planes]
    return [view.astype(int) for view in views]


def make_clip(
    path,
    frames,
    *,
    codec="ffv1",
    pixel_format="yuv420p",
    times=None,
    base=BASE,
    rate=30,
    sound=None,
    matrix=None,
    subtitles=(),
    chapters=(),
    tags=None,
    colour=(1, 1, 1, 1),
    options=None,
    encoder_options=None,
    sample_aspect_ratio=None,
    metadata=None,
):
    """Write a clip. ``frames`` are uint8 RGB arrays, or frames of PyAV in ``pixel_format``.

    ``sound`` names an audio codec; ``colour`` is matrix, range, primaries, transfer.
    """
    times = times or [round(Fraction(i, rate) / base) for i in range(len(frames))]
    with av.open(str(path), "w", options=options or {}) as out:
        first = frames[0]
        height, width = (
            first.shape[:2] if isinstance(first, np.ndarray) else (first.height, first.width)
        )
        video = out.add_stream(
            codec, rate=rate, width=width, height=height, options=encoder_options
        )
        video.pix_fmt = pixel_format
        video.time_base = video.codec_context.time_base = base
        context = video.codec_context
        context.colorspace, context.color_range = colour[:2]
        context.color_primaries, context.color_trc = colour[2:]
        if sample_aspect_ratio:
            context.sample_aspect_ratio = sample_aspect_ratio
        if matrix is not None:
            video.set_display_matrix(matrix)
        video.metadata.update(tags or {})
        out.metadata.update(metadata or {})
        audio = out.add_stream(sound, rate=48000) if sound else None
        if audio is not None:
            audio.metadata["language"] = "eng"
        titles = _subtitles(path, subtitles) if subtitles else None
        copy = out.add_stream_from_template(titles.streams[0]) if titles else None
        if chapters:
            out.set_chapters(list(chapters))
        samples = 0
        for time, picture in zip(times, frames, strict=True):
            frame = picture
            if isinstance(picture, np.ndarray):
                frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(
                    format=pixel_format,
                    src_colorspace=colour[0] if colour[0] in (1, 9) else 5,
                    dst_colorspace=colour[0] if colour[0] in (1, 9) else 5,
                    src_color_range=2,
                    dst_color_range=colour[1] or 1,
                )
            frame.pts, frame.time_base = time, base
            frame.colorspace, frame.color_range = colour[:2]
            frame.color_primaries, frame.color_trc = colour[2:]
            out.mux(video.encode(frame))
            while audio is not None and Fraction(samples, 48000) <= time * base:
                out.mux(audio.encode(_tone(samples, audio)))
                samples += 1024
        for packet in titles.demux() if titles else ():
            if packet.size:
                packet.stream = copy
                out.mux(packet)
        out.mux(video.encode(None))
        if audio is not None:
            out.mux(audio.encode(None))
    return times


def _subtitles(path, entries):
    """Return a container with (start, end, text) in seconds, for its packets to be copied."""
    lines = [
        f"{number}\n00:00:{start:06.3f} --> 00:00:{end:06.3f}\n{text}\n"
        for number, (start, end, text) in enumerate(entries, 1)
    ]
    file = path.with_suffix(".srt")
    file.write_text("\n".join(lines).replace(".", ","))
    return av.open(str(file))


def _tone(start, stream):
    wave = 0.3 * np.sin(2 * np.pi * 440 * (start + np.arange(1024)) / 48000)
    if stream.format.name == "fltp":
        frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]).astype(np.float32), "fltp")
    else:
        both = np.stack([wave, wave], axis=1).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray((both * 32767).astype(np.int16), "s16", "stereo")
    frame.pts, frame.sample_rate, frame.time_base = start, 48000, Fraction(1, 48000)
    return frame


def read_frames(path):
    """Return the decoded frames and the exact times of a clip."""
    with av.open(str(path)) as clip:
        stream = clip.streams.video[0]
        frames = list(clip.decode(stream))
        return frames, [frame.pts * stream.time_base for frame in frames]


def read_packets(path, kind):
    """Return (time, data) of the packets of the first stream of a kind."""
    with av.open(str(path)) as clip:
        stream = next(s for s in clip.streams if s.type == kind)
        return [(p.pts * p.time_base, bytes(p)) for p in clip.demux(stream) if p.size]

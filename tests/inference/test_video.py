"""Videos: what goes in comes out, apart from what restoration changed."""

import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import textwrap
import threading
import time
from fractions import Fraction

import numpy as np
import pytest

from restorekit.errors import ConfigError, DataError, OutputError
from restorekit.inference.video import VideoInterrupted, restore_video
from restorekit.io.video import VideoSource, choose_encoding

from video_clips import (  # isort: skip
    BASE,
    av,
    make_clip,
    moving_scene,
    planes_of,
    read_frames,
    read_packets,
    uneven_times,
    write_planes,
)

QUARTER_TURN = [0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30]


def encoding(suffix, pixel_format, codec=None, size=(96, 72)):
    return choose_encoding(suffix, pixel_format, size, codec)


def identity(frame):
    return frame.copy()


def noise_frames(pixel_format, count=3, height=34, width=46, seed=0):
    """Return frames whose samples take every value, those that RGB cannot hold among them."""
    rng = np.random.default_rng(seed)
    frames = []
    for _ in range(count):
        frame = av.VideoFrame(width, height, pixel_format)
        bits = frame.format.components[0].bits
        sample = np.uint8 if bits <= 8 else np.uint16
        write_planes(
            frame,
            [
                rng.integers(0, 2**bits, (plane.height, plane.width)).astype(sample)
                for plane in frame.planes
            ],
        )
        frames.append(frame)
    return frames


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize(
    "pixel_format",
    ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv444p12le", "gbrp10le", "gray"],
)
def test_unchanged_frames_keep_every_value(tmp_path, pixel_format, full_range):
    if pixel_format == "gbrp10le" and full_range:
        pytest.skip("RGB has one range")
    frames = noise_frames(pixel_format)
    colour = (0 if pixel_format == "gbrp10le" else 1, 2 if full_range else 1, 1, 1)
    make_clip(tmp_path / "in.mkv", frames, pixel_format=pixel_format, colour=colour)
    result = restore_video(identity, tmp_path / "in.mkv", tmp_path / "out.mkv", codec="ffv1")
    assert result.frames == 3
    assert result.notes == ()
    got, _ = read_frames(tmp_path / "out.mkv")
    assert [frame.format.name for frame in got] == [pixel_format] * 3
    for before, after in zip(frames, got, strict=True):
        for first, second in zip(planes_of(before), planes_of(after), strict=True):
            np.testing.assert_array_equal(first, second)


#: Red and blue weights of luma: ITU-R BT.601, BT.709, BT.2020.
WEIGHTS = {6: (0.299, 0.114), 1: (0.2126, 0.0722), 9: (0.2627, 0.0593)}


def to_yuv(rgb, matrix, full_range, bits):
    """Convert RGB in [0, 1] by the definitions of the ITU's recommendations."""
    red, blue = WEIGHTS[matrix]
    r, g, b = np.moveaxis(rgb, -1, 0)
    y = red * r + (1 - red - blue) * g + blue * b
    cb, cr = (b - y) / (2 * (1 - blue)), (r - y) / (2 * (1 - red))
    step, largest = 2 ** (bits - 8), 2**bits - 1
    if full_range:
        return [y * largest, cb * largest + 128 * step, cr * largest + 128 * step]
    return [(16 + 219 * y) * step, (128 + 224 * cb) * step, (128 + 224 * cr) * step]


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", WEIGHTS)
def test_colours_are_converted_with_the_matrix_and_range_of_the_video(
    tmp_path, matrix, full_range, bits
):
    # One colour in, which the restorer must see as RGB, and another out.
    seen, wanted = np.array([0.25, 0.5, 0.625]), np.array([0.75, 0.375, 0.125])
    flat = np.broadcast_to(seen, (32, 48, 3))
    pixel_format = "yuv444p" if bits == 8 else "yuv444p10le"
    frame = av.VideoFrame(48, 32, pixel_format)
    sample = np.uint8 if bits == 8 else np.uint16
    write_planes(frame, [np.rint(p).astype(sample) for p in to_yuv(flat, matrix, full_range, bits)])
    colour = (matrix, 2 if full_range else 1, 1, 1)
    make_clip(tmp_path / "in.mkv", [frame], pixel_format=pixel_format, colour=colour)
    inputs = []

    def paint(rgb):
        inputs.append(rgb)
        return np.full_like(rgb, np.rint(wanted * np.iinfo(rgb.dtype).max))

    restore_video(paint, tmp_path / "in.mkv", tmp_path / "out.mkv", codec="ffv1")
    (rgb,) = inputs
    assert rgb.dtype == sample
    np.testing.assert_allclose(rgb[16, 24] / np.iinfo(sample).max, seen, atol=1.6 / 255)
    (got,), _ = read_frames(tmp_path / "out.mkv")
    assert (got.colorspace, got.color_range) == colour[:2]
    expected = to_yuv(np.broadcast_to(wanted, (32, 48, 3)), matrix, full_range, bits)
    for plane, value in zip(planes_of(got), expected, strict=True):
        # Two conversions, each rounded to the levels of RGB or YUV.
        assert np.abs(plane - value).max() <= 2.5 * 2 ** (bits - 8)


@pytest.mark.parametrize(
    ("source", "target", "codec", "exact"),
    [
        (".mp4", ".mp4", None, True),
        (".mp4", ".mov", "hevc", True),
        (".mkv", ".mkv", "ffv1", True),
        (".mp4", ".mkv", None, False),
        (".webm", ".webm", None, True),
    ],
)
def test_times_and_sound_are_kept(tmp_path, source, target, codec, exact):
    lossy = {".mp4": "libx264", ".mkv": "ffv1", ".webm": "libvpx-vp9"}[source]
    sound = "libopus" if source == ".webm" else "aac"
    base = BASE if source == ".mp4" else Fraction(1, 1000)
    times = uneven_times(24) if source == ".mp4" else [t // 90 for t in uneven_times(24)]
    file, out = tmp_path / f"in{source}", tmp_path / f"out{target}"
    make_clip(file, moving_scene(24), codec=lossy, times=times, base=base, sound=sound)
    calls = []
    result = restore_video(
        identity, file, out, codec=codec, on_frame=lambda done, total: calls.append((done, total))
    )
    assert result.notes == ()
    assert not list(tmp_path.glob("*.partial*"))
    _, before = read_frames(file)
    _, after = read_frames(out)
    if exact:
        assert before == after
    else:
        # Matroska counts in milliseconds.
        assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= Fraction(1, 2000)
    heard, kept = read_packets(file, "audio"), read_packets(out, "audio")
    assert [data for _, data in heard] == [data for _, data in kept]
    assert max(abs(a - b) for (a, _), (b, _) in zip(heard, kept, strict=True)) < 0.001
    with av.open(str(out)) as clip:
        assert clip.streams.audio[0].metadata["language"] == "eng"
    assert [done for done, _ in calls] == list(range(1, 25))
    assert abs(calls[0][1] - 24) <= 8


def test_rotation_shape_of_pixels_and_colours_are_kept(tmp_path):
    make_clip(
        tmp_path / "in.mp4",
        moving_scene(8),
        codec="libx264",
        matrix=QUARTER_TURN,
        sample_aspect_ratio=Fraction(4, 3),
        colour=(9, 1, 9, 16),
        tags={"timecode": "01:00:00:00"},
        metadata={"title": "Rain", "com.example.place": "+47-122/"},
        options={"movflags": "use_metadata_tags"},
    )
    rotation = read_frames(tmp_path / "in.mp4")[0][0].rotation
    assert abs(rotation) == 90
    for name in ("out.mp4", "out.mov", "out.mkv"):
        restore_video(identity, tmp_path / "in.mp4", tmp_path / name)
        with av.open(str(tmp_path / name)) as clip:
            stream = clip.streams.video[0]
            frame = next(clip.decode(stream))
            assert stream.sample_aspect_ratio == Fraction(4, 3)
            assert (frame.colorspace, frame.color_range) == (9, 1)
            assert (frame.color_primaries, frame.color_trc) == (9, 16)
            assert frame.rotation == rotation
            tags = {key.lower(): value for key, value in clip.metadata.items()}
            assert tags["title"] == "Rain"
            assert "01:00:00:00" in stream.metadata.values()
            assert tags["com.example.place"] == "+47-122/"


def test_ten_bits_stay_ten_bits(tmp_path):
    make_clip(
        tmp_path / "in.mkv", noise_frames("yuv420p10le", 3, 66, 98), pixel_format="yuv420p10le"
    )
    restore_video(identity, tmp_path / "in.mkv", tmp_path / "out.mp4", crf=0)
    got, _ = read_frames(tmp_path / "out.mp4")
    assert got[0].format.name == "yuv420p10le"


def test_subtitles_and_chapters_are_kept_where_they_can_be(tmp_path):
    chapters = [
        {
            "id": 1,
            "start": 0,
            "end": 500,
            "time_base": Fraction(1, 1000),
            "metadata": {"title": "A"},
        },
        {
            "id": 2,
            "start": 500,
            "end": 1000,
            "time_base": Fraction(1, 1000),
            "metadata": {"title": "B"},
        },
    ]
    make_clip(
        tmp_path / "in.mkv",
        moving_scene(30),
        subtitles=[(0.1, 0.4, "drizzle"), (0.45, 0.9, "downpour")],
        chapters=chapters,
    )
    assert restore_video(identity, tmp_path / "in.mkv", tmp_path / "out.mkv").notes == ()
    assert read_packets(tmp_path / "out.mkv", "subtitle") == [
        (Fraction(1, 10), b"drizzle"),
        (Fraction(9, 20), b"downpour"),
    ]
    with av.open(str(tmp_path / "out.mkv")) as clip:
        assert [c["metadata"]["title"] for c in clip.chapters()] == ["A", "B"]
        assert [float(c["start"] * c["time_base"]) for c in clip.chapters()] == [0, 0.5]
    result = restore_video(identity, tmp_path / "in.mkv", tmp_path / "out.mp4")
    assert any("subtitle" in note and ".mp4" in note for note in result.notes)

    cut = restore_video(identity, tmp_path / "in.mkv", tmp_path / "cut.mkv", start=0.5, end=0.8)
    assert cut.frames == 9
    # A subtitle that is still shown at the start begins there.
    assert read_packets(tmp_path / "cut.mkv", "subtitle") == [(0, b"downpour")]
    with av.open(str(tmp_path / "cut.mkv")) as clip:
        assert [c["metadata"]["title"] for c in clip.chapters()] == ["B"]


def test_a_part_has_the_frames_and_sound_between_start_and_end(tmp_path):
    times = uneven_times(60)
    file = tmp_path / "in.mp4"
    make_clip(file, moving_scene(60), codec="libx264", times=times, sound="aac")
    start, end = Fraction(7, 10), Fraction(9, 5)
    restore_video(identity, file, tmp_path / "out.mp4", start=float(start), end=float(end))
    seconds = [time * BASE for time in times]
    expected = [s - start for s in seconds if start <= s < end]
    _, got = read_frames(tmp_path / "out.mp4")
    assert len(got) == len(expected)
    assert max(abs(a - b) for a, b in zip(got, expected, strict=True)) < Fraction(1, 48000)
    heard = [s - start for s, _ in read_packets(file, "audio") if start <= s < end]
    kept = [s for s, _ in read_packets(tmp_path / "out.mp4", "audio")]
    assert len(kept) == len(heard)
    assert max(abs(a - b) for a, b in zip(kept, heard, strict=True)) < 0.001


def test_a_cover_picture_is_copied(tmp_path):
    make_clip(tmp_path / "plain.mp4", moving_scene(6), codec="libx264")
    jpeg = av.CodecContext.create("mjpeg", "w")
    jpeg.width, jpeg.height, jpeg.pix_fmt, jpeg.time_base = 32, 32, "yuvj420p", Fraction(1, 25)
    (packet,) = jpeg.encode(av.VideoFrame(32, 32, "yuvj420p"))
    with (
        av.open(str(tmp_path / "plain.mp4")) as clip,
        av.open(str(tmp_path / "in.mp4"), "w") as out,
    ):
        copy = out.add_stream_from_template(clip.streams.video[0], opaque=True)
        cover = out.add_stream("mjpeg", width=32, height=32, pix_fmt="yuvj420p")
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.Packet(bytes(packet))
        picture.stream, picture.pts, picture.dts = cover, 0, 0
        out.mux(picture)
        for video in clip.demux(clip.streams.video[0]):
            if video.size:
                video.stream = copy
                out.mux(video)
    for part in ({}, {"start": 0.1}):
        result = restore_video(identity, tmp_path / "in.mp4", tmp_path / "out.mp4", **part)
        assert result.notes == ()
        with av.open(str(tmp_path / "out.mp4")) as clip:
            covers = [
                s for s in clip.streams.video if s.disposition & av.stream.Disposition.attached_pic
            ]
            assert len(covers) == 1
            assert next(bytes(p) for p in clip.demux(covers[0])) == bytes(packet)


def test_a_webm_says_what_it_cannot_keep(tmp_path):
    make_clip(tmp_path / "in.mp4", moving_scene(6), codec="libx264", sound="aac")
    (note,) = restore_video(identity, tmp_path / "in.mp4", tmp_path / "out.webm").notes
    assert "audio" in note
    assert ".webm" in note


def test_interlaced_frames_and_hdr_are_named(tmp_path):
    display = "G(1,1)B(1,1)R(1,1)WP(1,1)L(10000000,1)"
    make_clip(
        tmp_path / "in.mp4",
        moving_scene(4),
        codec="libx264",
        encoder_options={"x264-params": f"interlaced=1:mastering-display={display}:cll=1000,400"},
    )
    notes = " ".join(restore_video(identity, tmp_path / "in.mp4", tmp_path / "out.mp4").notes)
    assert "interlaced" in notes
    assert "mastering display" in notes
    assert "light level" in notes


def test_avi_keeps_an_even_rate(tmp_path):
    make_clip(
        tmp_path / "in.avi", moving_scene(12), base=Fraction(1, 25), rate=25, sound="pcm_s16le"
    )
    assert restore_video(identity, tmp_path / "in.avi", tmp_path / "out.avi").notes == ()
    _, before = read_frames(tmp_path / "in.avi")
    _, after = read_frames(tmp_path / "out.avi")
    # FFmpeg 8 takes the first of H.264 in AVI for one frame later, FFmpeg 5 does not.
    assert [t - before[0] for t in before] == [t - after[0] for t in after]
    sound = [
        b"".join(d for _, d in read_packets(tmp_path / f"{n}.avi", "audio")) for n in ("in", "out")
    ]
    assert sound[0] == sound[1]


def test_damaged_packets_are_left_out_and_counted(tmp_path):
    make_clip(tmp_path / "in.mkv", moving_scene(20), codec="ffv1")
    data = bytearray((tmp_path / "in.mkv").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40] = os.urandom(40)
    (tmp_path / "in.mkv").write_bytes(data)
    result = restore_video(identity, tmp_path / "in.mkv", tmp_path / "out.mkv", codec="ffv1")
    assert result.frames >= 15


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"codec": "h265"}, "h265"),
        ({"crf": 80}, "80"),
        ({"codec": "ffv1", "crf": 3}, "ffv1"),
        ({"start": 2.0, "end": 1.0}, "--end 1"),
        ({"start": 60.0}, "60"),
        ({"start": -1.0}, "-1"),
        ({"temporal": -1}, "-1"),
    ],
)
def test_options_that_cannot_be_used_are_refused_before_anything_is_written(
    tmp_path, options, named
):
    make_clip(tmp_path / "in.mkv", moving_scene(4))
    with pytest.raises(ConfigError, match=named):
        restore_video(identity, tmp_path / "in.mkv", tmp_path / "out.mkv", **options)
    assert [file.name for file in tmp_path.iterdir()] == ["in.mkv"]


def test_files_that_are_no_videos_are_refused(tmp_path):
    (tmp_path / "text.mp4").write_text("rain")
    with pytest.raises(DataError, match=r"text\.mp4"):
        restore_video(identity, tmp_path / "text.mp4", tmp_path / "out.mp4")
    with pytest.raises(DataError, match=r"absent\.mp4"):
        restore_video(identity, tmp_path / "absent.mp4", tmp_path / "out.mp4")
    make_clip(tmp_path / "in.mkv", moving_scene(4))
    with pytest.raises(DataError, match="itself"):
        restore_video(identity, tmp_path / "in.mkv", tmp_path / "in.mkv")
    with pytest.raises(OutputError, match="folder"):
        restore_video(identity, tmp_path / "in.mkv", tmp_path)
    assert not list(tmp_path.glob("*partial*"))


def test_an_error_keeps_the_frames_before_it(tmp_path):
    make_clip(tmp_path / "in.mp4", moving_scene(30), codec="libx264", sound="aac")
    count = iter(range(30))

    def fail(frame):
        if next(count) == 12:
            raise DataError("Out of memory.")
        return frame

    with pytest.raises(
        DataError, match=r"memory\. The 12 frames .*out\.partial\.mp4.*--start 0\.400"
    ):
        restore_video(fail, tmp_path / "in.mp4", tmp_path / "out.mp4")
    assert len(read_frames(tmp_path / "out.partial.mp4")[0]) == 12
    assert not (tmp_path / "out.mp4").exists()


def test_an_interrupt_finishes_the_file_and_says_where_it_is(tmp_path):
    make_clip(tmp_path / "in.mp4", moving_scene(40), codec="libx264", sound="aac")
    count = iter(range(40))

    def interrupt(frame):
        if next(count) == 15:
            raise KeyboardInterrupt
        return frame

    threads = threading.active_count()
    with pytest.raises(
        VideoInterrupted, match=r"15 frames .*out\.partial\.mp4.*--start 0\.500"
    ) as info:
        restore_video(interrupt, tmp_path / "in.mp4", tmp_path / "out.mp4")
    assert len(read_frames(info.value.path)[0]) == 15
    assert threading.active_count() == threads
    # The rest goes to another file, and both together are all frames.
    with pytest.raises(OutputError, match=r"out\.partial\.mp4.*-o .*out\.rest\.mp4"):
        restore_video(identity, tmp_path / "in.mp4", tmp_path / "out.mp4", start=0.5)
    rest = restore_video(identity, tmp_path / "in.mp4", tmp_path / "out.rest.mp4", start=0.5)
    assert rest.frames == 25
    assert len(read_frames(info.value.path)[0]) == 15
    # Nothing done means nothing left behind.
    count = iter([15])
    with pytest.raises(VideoInterrupted, match="nothing"):
        restore_video(interrupt, tmp_path / "in.mp4", tmp_path / "none.mp4")
    assert not list(tmp_path.glob("none*"))


def test_the_rest_of_a_part_starts_at_the_next_frame(tmp_path):
    times = uneven_times(60)
    make_clip(tmp_path / "in.mkv", moving_scene(60, 32, 48), times=times)
    count = iter(range(60))

    def interrupt(frame):
        if next(count) == 20:
            raise KeyboardInterrupt
        return frame

    # The first frame of this part is the eleventh; Matroska rounds times to milliseconds.
    start = float(times[10] * BASE) - 0.002
    with pytest.raises(VideoInterrupted) as info:
        restore_video(interrupt, tmp_path / "in.mkv", tmp_path / "out.mkv", start=start)
    (begin,) = re.findall(r"--start (\d+\.\d{3}) ", str(info.value))
    rest = restore_video(identity, tmp_path / "in.mkv", tmp_path / "rest.mkv", start=float(begin))
    assert rest.frames == 60 - 30


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".mov", ".avi"])
def test_a_killed_process_leaves_a_file_that_plays(tmp_path, suffix):
    make_clip(
        tmp_path / "in.mkv", moving_scene(150, 32, 48), base=Fraction(1, 1000), sound="libopus"
    )
    code = f"""
        import os, signal, time
        from restorekit.inference.video import restore_video
        def report(done, total):
            if done == 140:
                time.sleep(1)
                os.kill(os.getpid(), signal.SIGKILL)
        restore_video(lambda f: f, {str(tmp_path / "in.mkv")!r}, {str(tmp_path / "out") + suffix!r},
                      on_frame=report)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], timeout=120)
    assert done.returncode == -signal.SIGKILL
    partial = tmp_path / f"out.partial{suffix}"
    frames, times = read_frames(partial)
    # What the encoder looks ahead, and at most the last second, are missing.
    assert len(frames) >= 50
    assert [round(1000 * (time - times[0])) for time in times[:3]] == [0, 33, 67]
    # AVI has no times: without an index they count from the first frame that is decoded.
    assert times[0] == 0 or suffix == ".avi"
    if suffix not in (".mov", ".avi"):  # which take no Opus
        assert read_packets(partial, "audio")
    if shutil.which("ffprobe"):
        check = subprocess.run(
            [
                "ffprobe",
                "-v",
                "error",
                "-count_frames",
                "-select_streams",
                "v",
                "-show_entries",
                "stream=nb_read_frames",
                "-of",
                "csv=p=0",
                str(partial),
            ],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert int(check.stdout.strip().rstrip(",")) == len(frames)


def test_memory_does_not_grow_with_the_number_of_frames(tmp_path, monkeypatch):
    # The queues are what could grow: a slow restorer must hold up decoding.
    make_clip(tmp_path / "in.mkv", moving_scene(60, 32, 48))
    lags = []
    made = []

    class Counting(VideoSource):
        def items(self):
            for item in super().items():
                made.append(item)
                yield item

    done = iter(range(1, 100))

    def slow(frame):
        number = next(done)
        if number % 20 == 0:
            time.sleep(0.2)
        lags.append(len(made) - number)
        return frame

    monkeypatch.setattr("restorekit.inference.video.VideoSource", Counting)
    restore_video(slow, tmp_path / "in.mkv", tmp_path / "out.mkv")
    assert 1 <= max(lags) <= 5


def test_encoders_look_less_far_ahead_at_large_frames():
    # Each frame of 3840x2160 that x264 looks ahead at takes 30 MB.
    def options(width, height, codec):
        return encoding(".mp4", "yuv420p", codec, (width, height)).options

    assert "rc-lookahead" not in options(1920, 1080, "h264")
    assert options(3840, 2160, "h264")["rc-lookahead"] == "10"
    assert options(2560, 1440, "h264")["rc-lookahead"] == "22"
    assert options(7680, 4320, "h264")["rc-lookahead"] == "10"
    assert "lookahead" not in options(1920, 1080, "hevc")["x265-params"]
    assert options(3840, 2160, "hevc")["x265-params"].endswith(":rc-lookahead=10")


def test_the_nearest_pixel_format_is_chosen():
    assert encoding(".mp4", "yuvj420p").pixel_format == "yuv420p"
    assert encoding(".mp4", "yuv444p12le").pixel_format == "yuv444p12le"
    assert encoding(".mp4", "yuv444p12le", "h264").pixel_format == "yuv444p10le"
    assert encoding(".mp4", "nv12").pixel_format == "yuv420p"
    assert encoding(".mp4", "rgb24").pixel_format == "yuv444p"
    assert encoding(".mp4", "p010le").encoder == "libx265"
    assert encoding(".webm", "yuv420p").encoder == "libvpx-vp9"
    assert encoding(".avi", "yuv420p", "ffv1").muxer == "avi"


def test_frames_that_an_encoder_cannot_take_go_to_another_or_are_refused():
    assert encoding(".mp4", "yuv420p10le", size=(40, 40)).codec == "h264"
    assert encoding(".mkv", "yuv420p", size=(97, 71)).codec == "vp9"
    assert encoding(".mp4", "yuv444p", size=(97, 71)).codec == "h264"
    with pytest.raises(ConfigError, match="40x40"):
        encoding(".mp4", "yuv420p", "hevc", size=(40, 40))
    with pytest.raises(ConfigError, match="even"):
        encoding(".mp4", "yuv420p", "h264", size=(97, 71))


def test_display_matrix_is_copied_as_it_is(tmp_path):
    mirrored = [-65536, 0, 0, 0, 65536, 0, 96 * 65536, 0, 1 << 30]
    make_clip(tmp_path / "in.mp4", moving_scene(4), codec="libx264", matrix=mirrored)
    restore_video(identity, tmp_path / "in.mp4", tmp_path / "out.mp4")
    with VideoSource(tmp_path / "out.mp4") as clip:
        assert struct.unpack("=9i", clip.matrix) == tuple(mirrored)

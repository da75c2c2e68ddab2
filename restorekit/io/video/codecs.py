"""The codecs and pixel formats that a container takes, and the settings of the encoders."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from restorekit.errors import ConfigError, did_you_mean

from .pyav import Av, import_av

#: Suffixes of the containers that are read and written.
VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi")

#: Muxer of each suffix, and the codecs that its players expect, for 8 bits and for more. The
#: first that takes frames of the given size is the default.
_CONTAINERS = {
    ".mp4": ("mp4", ("h264", "vp9"), ("hevc", "h264")),
    ".m4v": ("mp4", ("h264", "vp9"), ("hevc", "h264")),
    ".mov": ("mov", ("h264",), ("hevc", "h264")),
    ".mkv": ("matroska", ("h264", "vp9"), ("hevc", "h264", "ffv1")),
    ".webm": ("webm", ("vp9",), ("av1", "vp9")),
    ".avi": ("avi", ("h264", "ffv1"), ("h264", "ffv1")),
}
#: Pixel formats whose planes hold whole numbers of 8 or 16 bits in the order of this machine.
_PLAIN = re.compile(r"yuv4\d\dp(\d+le)?|yuva4\d\dp(\d+le)?|gbra?p(\d+le)?|gray(\d+le)?|rgb24|bgr0")
#: Pixels that an encoder may hold to look ahead: x264's usual 40 frames of 1920x1080, a quarter as
#: many of 3840x2160. It looks ahead at no fewer frames than the second number.
_PIXELS_AHEAD = 40 * 1920 * 1080
_LEAST_AHEAD = 10


@dataclass(frozen=True)
class Codec:
    """An encoder and how it is used."""

    encoder: str
    #: Default of ``--crf`` and its largest value; None where the encoder has no such setting.
    crf: int | None = None
    largest_crf: int = 51
    #: Smallest side, and whether sides must be even where colours are subsampled.
    smallest: int = 1
    even: bool = False
    #: Frames that the encoder looks ahead at by default, where it holds copies of them.
    ahead: int | None = None
    options: dict[str, str] = field(default_factory=dict)


#: Codecs by the names that users give. By eye, the default crf is hard to tell from the source.
CODECS = {
    "h264": Codec("libx264", 18, smallest=16, even=True, ahead=40),
    # x265 4.1 writes past its buffers with frames narrower than its largest block.
    "hevc": Codec(
        "libx265", 20, smallest=64, even=True, ahead=20, options={"x265-params": "log-level=error"}
    ),
    "vp9": Codec("libvpx-vp9", 24, 63, options={"b": "0", "row-mt": "1", "cpu-used": "3"}),
    "av1": Codec("libsvtav1", 24, 63, smallest=64, even=True, options={"preset": "7"}),
    "ffv1": Codec("ffv1", options={"level": "3"}),
    "prores": Codec("prores_ks"),
}


@dataclass(frozen=True)
class Encoding:
    """How a video is encoded: muxer, codec, pixel format and the encoder's options."""

    muxer: str
    codec: str
    pixel_format: str
    options: dict[str, str]

    @property
    def encoder(self) -> str:
        """FFmpeg's name of the encoder."""
        return CODECS[self.codec].encoder


def is_video(path: str | Path) -> bool:
    """Return whether a file's suffix is one of :data:`VIDEO_SUFFIXES`."""
    return Path(path).suffix.lower() in VIDEO_SUFFIXES


def choose_encoding(
    suffix: str,
    source_format: str,
    size: tuple[int, int],
    codec: str | None = None,
    crf: int | None = None,
) -> Encoding:
    """Return how to encode a video so that it stays near its source.

    Args:
        suffix: Suffix of the file to be written; it determines the container.
        source_format: Pixel format of the source, in FFmpeg's words. It is kept, or the nearest
            one that the encoder takes is used.
        size: Width and height.
        codec: One of :data:`CODECS`; by default the usual one of the container.
        crf: Quality of encoders that have this setting: 0 is best, 51 (63 for vp9 and av1)
            smallest.

    Raises:
        ConfigError: If the container, the codec or the value of crf cannot be used.
    """
    av = import_av()
    if suffix.lower() not in _CONTAINERS:
        raise ConfigError(
            f"{suffix!r} is not a video format that is written: use one of "
            f"{', '.join(VIDEO_SUFFIXES)}."
        )
    muxer, usual, usual_deep = _CONTAINERS[suffix.lower()]
    if codec is not None and codec not in CODECS:
        raise ConfigError(
            f"There is no codec {codec!r}.{did_you_mean(codec, CODECS)} Use one of "
            f"{', '.join(CODECS)}."
        )
    names = (
        (codec,) if codec else usual_deep if _depth(av.VideoFormat(source_format)) > 8 else usual
    )
    reasons = {}
    for name in names:
        try:
            pixel_format = _pixel_format(CODECS[name], source_format, size)
        except ConfigError as error:
            reasons[name] = str(error)
            continue
        return Encoding(muxer, name, pixel_format, _options(name, crf, suffix.lower(), size))
    raise ConfigError(next(iter(reasons.values())))


def _options(name: str, crf: int | None, suffix: str, size: tuple[int, int]) -> dict[str, str]:
    """Return the options of an encoder."""
    chosen = CODECS[name]
    options = dict(chosen.options)
    if crf is not None and chosen.crf is None:
        raise ConfigError(f"The codec {name} has no setting crf: leave --crf out.")
    if chosen.crf is not None:
        quality = chosen.crf if crf is None else crf
        if not 0 <= quality <= chosen.largest_crf:
            raise ConfigError(
                f"--crf {quality} is not between 0 and {chosen.largest_crf}, as {name} needs it."
            )
        options["crf"] = str(quality)
    if suffix == ".avi" and name == "h264":
        options["bf"] = "0"  # AVI stores no presentation times, so frames must not be reordered
    ahead = max(_PIXELS_AHEAD // (size[0] * size[1]), _LEAST_AHEAD)
    if chosen.ahead is not None and ahead < chosen.ahead:
        if name == "hevc":
            options["x265-params"] += f":rc-lookahead={ahead}"
        else:
            options["rc-lookahead"] = str(ahead)
    return options


def _pixel_format(codec: Codec, source_format: str, size: tuple[int, int]) -> str:
    """Return the pixel format that an encoder gets, or refuse the size of the frames."""
    av = import_av()
    if codec.encoder not in av.codecs_available:
        raise ConfigError(f"This build of PyAV has no {codec.encoder}: use another --codec.")
    formats = [str(f.name) for f in av.Codec(codec.encoder, "w").video_formats or ()]
    chosen = nearest_format(source_format, formats)
    width, height = size
    if min(size) < codec.smallest:
        raise ConfigError(
            f"{codec.encoder} needs frames of at least {codec.smallest} pixels on each side, not "
            f"{width}x{height}: use another --codec, for example ffv1."
        )
    parts = av.VideoFormat(chosen, 2, 2)
    odd = (width % 2 and parts.chroma_width(2) == 1) or (height % 2 and parts.chroma_height(2) == 1)
    if codec.even and odd and not parts.is_rgb:
        raise ConfigError(
            f"{codec.encoder} needs even sides for {chosen}, not {width}x{height}: use another "
            "--codec, for example vp9."
        )
    return chosen


def nearest_format(source_format: str, formats: list[str]) -> str:
    """Return the pixel format of ``formats`` that loses least of ``source_format``.

    The ``yuvj`` formats are ``yuv`` with full range, which the stream's range states.
    """
    av = import_av()
    plain = [name for name in formats if _PLAIN.fullmatch(name)]
    source_name = source_format.replace("yuvj", "yuv")
    if source_name in plain:
        return source_name
    source = av.VideoFormat(source_name)

    def losses(name: str) -> tuple[float, ...]:
        offered = av.VideoFormat(name)
        depth, chroma = _depth(offered) - _depth(source), _chroma(offered) - _chroma(source)
        alpha = _has_alpha(offered) - _has_alpha(source)
        return (
            max(0, -depth),
            max(0.0, -chroma),
            offered.is_rgb != source.is_rgb,
            max(0, -alpha),
            abs(alpha),
            chroma,
            depth,
        )

    return min(plain, key=losses)


def _depth(pixel_format: Av) -> int:
    return max((part.bits for part in pixel_format.components), default=8)


def _chroma(pixel_format: Av) -> float:
    """Return the number of colour samples for each pixel: 2 for 4:4:4, 0.5 for 4:2:0."""
    if len(pixel_format.components) < 3:
        return 0.0
    if pixel_format.is_rgb:
        return 2.0
    return float(2 * pixel_format.chroma_width(64) * pixel_format.chroma_height(64) / 64**2)


def _has_alpha(pixel_format: Av) -> bool:
    return any(part.is_alpha for part in pixel_format.components)

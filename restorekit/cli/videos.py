"""The options of `restorekit restore` for videos."""

from __future__ import annotations

import argparse
import re
from typing import Any


def add_video_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that only concern videos."""
    group = parser.add_argument_group("videos")
    group.add_argument(
        "--temporal",
        type=_neighbours,
        default=0,
        metavar="N",
        help="against flicker: merge each restored frame with N neighbours on each side, aligned "
        "to it; prints the warp error without and with it",
    )
    group.add_argument(
        "--start",
        type=seconds,
        metavar="T",
        help="where to start, in seconds or as hours:minutes:seconds",
    )
    group.add_argument("--end", type=seconds, metavar="T", help="where to end")
    group.add_argument(
        "--codec",
        type=_codec,
        help="h264, hevc, vp9, av1, ffv1 (lossless) or prores (default: the usual one of the "
        "format)",
    )
    group.add_argument(
        "--crf",
        type=int,
        metavar="Q",
        help="quality of the encoder: smaller is better and makes larger files (default: 18 for "
        "h264, 20 for hevc, 24 for vp9 and av1)",
    )


def video_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return what :func:`add_video_options` added, for ``restore_video``."""
    names = ("temporal", "start", "end", "codec", "crf")
    return {name: getattr(args, name) for name in names}


def _codec(text: str) -> str:
    from restorekit.errors import did_you_mean
    from restorekit.io.video import CODECS

    if text not in CODECS:
        raise argparse.ArgumentTypeError(
            f"there is no codec {text!r}.{did_you_mean(text, CODECS)} Use one of "
            f"{', '.join(CODECS)}"
        )
    return text


def _neighbours(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of frames, 0 or more")
    return int(text)


def seconds(text: str) -> float:
    """Return a time such as ``90``, ``1:30`` or ``0:01:30.5`` in seconds."""
    found = re.fullmatch(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)", text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time: write seconds, or hours:minutes:seconds, such as 1:30"
        )
    hours, minutes, rest = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest

"""The options of `restorekit restore` for videos, and the progress of their frames."""

from __future__ import annotations

import argparse
import re
import sys
import time
from typing import Any

from restorekit.io.terminal import ProgressBars

_SECONDS_BETWEEN_LINES = 10.0


def add_video_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that only concern videos."""
    group = parser.add_argument_group("videos")
    group.add_argument(
        "--temporal",
        type=int,
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


def seconds(text: str) -> float:
    """Return a time such as ``90``, ``1:30`` or ``0:01:30.5`` in seconds."""
    found = re.fullmatch(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)", text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time: write seconds, or hours:minutes:seconds, such as 1:30"
        )
    hours, minutes, rest = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest


class FrameProgress:
    """Shows how many frames of a video are done, how many a second, and how long it will take.

    Called with the number of finished frames and the expected one, if known. A number that is
    not larger than the one before begins another video.

    Args:
        bars: Where a bar is shown; None writes a line every ten seconds.
    """

    def __init__(self, bars: ProgressBars | None) -> None:
        self._bars = bars
        self._last = 0
        self._started = self._written = time.monotonic()

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if done <= self._last or not self._last:
            self.close()
            self._started = self._written = now
            if self._bars is not None:
                self._bars.open("frames", total)
        self._last = done
        # The first frame is there when the clock starts.
        rate = (done - 1) / (now - self._started) if now > self._started else 0.0
        if self._bars is not None:
            self._bars.advance("frames", f"{rate:.1f} frames/s")
        elif now - self._written >= _SECONDS_BETWEEN_LINES:
            self._written = now
            left = f", {_clock((total - done) / rate)} left" if total and rate else ""
            of = f"/{total}" if total else ""
            sys.stderr.write(f"frames: {done}{of}, {rate:.1f} a second{left}\n")

    def close(self) -> None:
        """End the bar of the video."""
        if self._bars is not None and self._last:
            self._bars.close("frames", erase=True)
        self._last = 0


def _clock(duration: float) -> str:
    minutes, rest = divmod(max(0, round(duration)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"

"""Between the pixel formats of videos and RGB arrays, with the right matrix and range."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .pyav import Av, import_av

#: uint8 or uint16, (H, W, 3), RGB.
Frame = npt.NDArray[Any]

# Flags of swscale: bicubic | full chroma in and out | accurate rounding.
_SCALING = 0x4 | 0x2000 | 0x4000 | 0x40000
_FULL, _LIMITED = 2, 1
#: swscale's number for each matrix of ITU-T H.273 that it knows. 2 means not stated.
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
_BT601, _BT709 = 5, 1
#: Frames of fewer lines are taken for standard definition, as players do.
_HIGH_DEFINITION = 720


class ColorConversion:
    """Converts the frames of one video to RGB, and changes of RGB back.

    A way there and back through 4:2:0 would soften colours and clip what RGB cannot hold.
    So only the *change* that restoration made is converted back and added to the source's
    values; what is not changed is kept exactly. Where the restored frame equals the input, the
    result has the source's values, bit for bit.

    Args:
        source_format: Pixel format of the frames.
        target_format: Pixel format of the encoder; see
            :func:`restorekit.io.video.codecs.nearest_format`.
        matrix: Matrix coefficients as in ITU-T H.273; 2 if not stated: BT.601 below 720 lines,
            BT.709 from there.
        full_range: Whether luma uses all values, instead of 16–235.
        height: Number of lines.
    """

    def __init__(
        self, source_format: str, target_format: str, matrix: int, full_range: bool, height: int
    ) -> None:
        av = import_av()
        self._av = av
        self._target_format = target_format
        source, target = av.VideoFormat(source_format), av.VideoFormat(target_format)
        #: Bits of a sample of the source.
        self.depth: int = max((part.bits for part in source.components), default=8)
        self._rgb = "rgb24" if self.depth <= 8 else "rgb48le"
        guess = _BT709 if height >= _HIGH_DEFINITION or source.is_rgb else _BT601
        self._matrix = _MATRICES.get(matrix, guess)
        self._source_range = _FULL if full_range or source.is_rgb else _LIMITED
        self._target_range = _FULL if target.is_rgb else self._source_range
        if source.is_rgb and not target.is_rgb:
            self._target_range = _LIMITED
        self._same_planes = source_format.replace("yuvj", "yuv") == target_format
        bits = max(part.bits for part in target.components)
        self._largest = 2**bits - 1
        self._sample: type[np.generic] = np.uint8 if bits <= 8 else np.uint16
        # One for each conversion: they keep their tables from frame to frame.
        self._to_rgb, self._to_target, self._before, self._after = (
            av.video.reformatter.VideoReformatter() for _ in range(4)
        )

    @property
    def full_range(self) -> bool:
        """Whether the target's values use the full range."""
        return self._target_range == _FULL

    def to_rgb(self, frame: Av) -> Frame:
        """Return a decoded frame as RGB: uint8, or uint16 where it has more than 8 bits."""
        converted = self._convert(self._to_rgb, frame, self._rgb, self._source_range, _FULL)
        array: Frame = converted.to_ndarray()
        return array

    def changed(self, frame: Av, before: Frame, after: Frame) -> Av:
        """Return a frame for the encoder: the source's values plus the change.

        Args:
            frame: The decoded frame.
            before: :meth:`to_rgb` of it.
            after: The restored frame, of the same shape and dtype.
        """
        base = frame
        if not self._same_planes:
            base = self._convert(
                self._to_target, frame, self._target_format, self._source_range, self._target_range
            )
        result = self._av.VideoFrame(frame.width, frame.height, self._target_format)
        kept, new = self._planes(base), self._planes(result)
        if after is before or np.array_equal(after, before):
            for source, target in zip(kept, new, strict=True):
                width = min(source.shape[1], target.shape[1])
                target[:, :width] = source[:, :width]
            return result
        old = self._planes(self._from_rgb(self._before, before))
        restored = self._planes(self._from_rgb(self._after, after))
        for planes in zip(kept, old, restored, new, strict=True):
            width = min(plane.shape[1] for plane in planes)
            source, first, second, target = (plane[:, :width] for plane in planes)
            value = source.astype(np.int32)
            value += second
            value -= first
            target[:] = np.clip(value, 0, self._largest, out=value)
        return result

    def _from_rgb(self, reformatter: Av, rgb: Frame) -> Av:
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), self._rgb)
        return self._convert(reformatter, frame, self._target_format, _FULL, self._target_range)

    def _convert(self, reformatter: Av, frame: Av, name: str, source: int, target: int) -> Av:
        return reformatter.reformat(
            frame,
            format=name,
            src_colorspace=self._matrix,
            dst_colorspace=self._matrix,
            src_color_range=source,
            dst_color_range=target,
            interpolation=_SCALING,
            threads=1,
        )

    def _planes(self, frame: Av) -> list[npt.NDArray[Any]]:
        """Return the planes as arrays that share their memory, padding at the right included."""
        return [
            np.frombuffer(plane, self._sample).reshape(plane.height, -1) for plane in frame.planes
        ]

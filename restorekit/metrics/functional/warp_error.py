"""How much a video flickers: the warp error of consecutive frames."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


def optical_flow(first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8]) -> Array:
    """Return where each pixel of ``first`` is in ``second``, by dense inverse search (DIS).

    Kroeger et al., Fast Optical Flow using Dense Inverse Search, ECCV 2016; OpenCV's
    implementation with its medium preset.

    Args:
        first: uint8 (H, W), both sides 16 or more.
        second: The same.

    Returns:
        float32 (H, W, 2): displacement in x and y, in pixels.
    """
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow: Array = search.calc(first, second, None)
    return flow


def warp(image: npt.NDArray[np.generic], flow: Array) -> Array:
    """Bring an image to the frame that the flow starts from, by bicubic interpolation.

    Args:
        image: The frame that the flow leads to: (H, W) or (H, W, C), uint8, uint16 or float32.
        flow: As :func:`optical_flow` returns it.

    Returns:
        float32, of the same shape; pixels from outside repeat the border.
    """
    height, width = flow.shape[:2]
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    warped: Array = cv2.remap(
        image.astype(np.float32), x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return warped


def consistent(forward: Array, backward: Array) -> Mask:
    """Return where the flow there and back leads to nearly the same pixel.

    Elsewhere the pixel is covered or leaves the frame, or the flow is wrong. The bound is that
    of Sundaram et al., Dense Point Trajectories by GPU-accelerated Large Displacement Optical
    Flow, ECCV 2010, equation 2: |w + w'|² < 0.01 (|w|² + |w'|²) + 0.5.

    Args:
        forward: Flow from this frame to the other.
        backward: Flow from the other to this frame.

    Returns:
        bool (H, W).
    """
    height, width = forward.shape[:2]
    back = warp(backward, forward)
    x = forward[..., 0] + np.arange(width, dtype=np.float32)
    y = forward[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    length = _squared_length(forward) + _squared_length(back)
    agree: Mask = inside & (_squared_length(forward + back) < 0.01 * length + 0.5)
    return agree


def warp_error(
    first: npt.NDArray[np.generic],
    second: npt.NDArray[np.generic],
    flow: Array,
    mask: Mask,
    data_range: float = 255.0,
) -> float:
    """Return the mean squared difference between a frame and the next one, warped to it.

    Lai et al., Learning Blind Video Temporal Consistency, ECCV 2018, section 4.2; they average
    it over the pairs of consecutive frames. 0 means that motion explains every change.

    Args:
        first: A frame, (H, W, C).
        second: The next one.
        flow: From ``first`` to ``second``.
        mask: Pixels that are visible in both, as :func:`consistent` finds them.
        data_range: Largest value of the frames; the error is relative to 1.

    Returns:
        The error; 0 where the mask is empty.
    """
    if not mask.any():
        return 0.0
    difference = (first.astype(np.float32) - warp(second, flow))[mask] / np.float32(data_range)
    return float(np.mean(np.square(difference, out=difference), dtype=np.float64))


def _squared_length(flow: Array) -> Array:
    # Sums over an axis of two are slow in NumPy.
    x, y = flow[..., 0], flow[..., 1]
    length: Array = x * x + y * y
    return length

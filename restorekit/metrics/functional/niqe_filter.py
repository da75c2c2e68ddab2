"""The Gaussian filter of NIQE, to the last bit of the authors' MATLAB release where that counts.

NIQE counts how many pixels lie above and below their local mean. In a level area, and under the
few windows whose mean happens to be the pixel itself, ``I - mean`` is nothing but rounding
(about 1e-14), and its sign depends on the order of operations. So there, and only there, the
mean is computed as MATLAB's ``imfilter`` computes it; elsewhere any order gives the same NIQE.

``imfilter`` finds that the window is separable and filters with the two vectors of its singular
value decomposition: down the columns, then along the rows, as a convolution with one accumulator
and fused multiply-add. The last bits of the vectors come from the linear algebra library, so
they are constants here.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

#: The vectors of the 7×7 Gaussian window with a σ of 7/6, as MATLAB's LAPACK gives them.
COLUMN_TAPS = tuple(
    map(
        float.fromhex,
        (
            "0x1.9b92991f24884p-7",
            "0x1.42e11ca517a60p-4",
            "0x1.e5fb7c557fad1p-3",
            "0x1.5edacbc602378p-2",
            "0x1.e5fb7c557fad1p-3",
            "0x1.42e11ca517a60p-4",
            "0x1.9b92991f24881p-7",
        ),
    )
)
ROW_TAPS = tuple(
    map(
        float.fromhex,
        (
            "0x1.9b92991f24880p-7",
            "0x1.42e11ca517a5ep-4",
            "0x1.e5fb7c557fad1p-3",
            "0x1.5edacbc602378p-2",
            "0x1.e5fb7c557fad1p-3",
            "0x1.42e11ca517a5fp-4",
            "0x1.9b92991f24881p-7",
        ),
    )
)
RADIUS = len(COLUMN_TAPS) // 2
#: A pixel nearer to its mean than this may lie on either side of it. Rounding errors of the
#: filter are below 1e-12, and the grey levels of NIQE are multiples of 2⁻¹⁶.
_TIE = 1e-9
#: How many windows are filtered at a time: about 25 MB.
_CHUNK = 2**14
#: Splits a double into two halves of 26 bits whose products are exact (Veltkamp).
_SPLITTER = 2.0**27 + 1


def smooth(image: Array) -> Array:
    """Return the windowed mean in double precision, with the image's borders replicated."""
    # The order of additions is OpenCV's.
    return np.asarray(
        cv2.sepFilter2D(image, cv2.CV_64F, ROW_TAPS, COLUMN_TAPS, borderType=cv2.BORDER_REPLICATE)
    )


def local_mean(image: Array) -> Array:
    """Return the windowed mean, bit for bit MATLAB's where it is within 1e-9 of the pixel.

    Args:
        image: (H, W), finite.
    """
    mean = smooth(image)
    ties = np.abs(image - mean) < _TIE
    if not ties.any():
        return mean
    # Most ties lie in level areas, whose windows differ only in their level.
    side, replicate = 2 * RADIUS + 1, cv2.BORDER_REPLICATE
    window = np.ones((side, side), np.uint8)
    lowest = cv2.erode(image, window, borderType=replicate)
    level = lowest == cv2.dilate(image, window, borderType=replicate)
    values = image[level]
    levels = np.unique(values)
    means = filter_windows(np.broadcast_to(levels[:, None, None], (len(levels), side, side)))
    mean[level] = means[np.searchsorted(levels, values)]
    padded = cv2.copyMakeBorder(image, RADIUS, RADIUS, RADIUS, RADIUS, borderType=replicate)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
    rows, columns = np.nonzero(ties & ~level)
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK], columns[start : start + _CHUNK]
        mean[part] = filter_windows(windows[part])
    return mean


def filter_windows(windows: Array) -> Array:
    """Filter each window as MATLAB does, to the last bit.

    Args:
        windows: (number, 7, 7).
    """
    across = _convolve(windows.transpose(1, 0, 2), COLUMN_TAPS)
    return _convolve(across.T, ROW_TAPS)


def _convolve(values: Array, taps: tuple[float, ...]) -> Array:
    """Return the sum of ``taps`` times ``values`` in reverse order, along the first axis."""
    total: Array = taps[0] * values[-1]
    for tap, value in zip(taps[1:], values[-2::-1], strict=True):
        total = fused_multiply_add(tap, value, total)
    return total


def fused_multiply_add(factor: float, value: Array, addend: Array) -> Array:
    """Return ``factor * value + addend`` rounded once, which NumPy has no function for.

    Product and sums are split without error into a result and its rounding error (Dekker,
    "A floating-point technique for extending the available precision", 1971; Knuth's sum).
    The two small parts are added with rounding to odd, so that the last addition rounds
    correctly (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
    Valid where nothing overflows or underflows.
    """
    product, product_error = _multiply(factor, value)
    low, low_error = _add(addend, product_error)
    high, high_error = _add(product, low)
    rest, lost = _add(low_error, high_error)
    # Rounding to odd: an inexact sum takes whichever of its neighbours has an odd last bit.
    even = rest.view(np.int64) % 2 == 0
    odd = np.nextafter(rest, np.copysign(np.inf, lost))
    result: Array = high + np.where((lost != 0) & even, odd, rest)
    return result


def _multiply(factor: float, value: Array) -> tuple[Array, Array]:
    """Return the product and its rounding error."""
    product = factor * value
    factor_high, factor_low = _split(np.float64(factor))
    high, low = _split(value)
    error = factor_high * high - product + factor_high * low + factor_low * high
    return product, error + factor_low * low


def _split(value: Array | np.float64) -> tuple[Array, Array]:
    scaled = _SPLITTER * value
    high = np.asarray(scaled - (scaled - value))
    return high, np.asarray(value - high)


def _add(first: Array, second: Array) -> tuple[Array, Array]:
    """Return the sum and its rounding error."""
    total = first + second
    of_second = total - first
    return total, (first - (total - of_second)) + (second - of_second)

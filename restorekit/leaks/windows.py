"""Describe many windows of an image by a few coarse numbers each.

A cropped image shows a window of its original. Every image is therefore described as a whole and
in windows on a grid; a copy as a whole then resembles some window of its original. A description
is the low part of a spectrum (the discrete cosine transform of averages over 12×12 cells) in which
every frequency has about the same weight: the spectra of photographs fall off as 1/f, which a
weight of f undoes. Streaks of rain and JPEG change high frequencies; brightness and contrast are
divided out.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from .thumbnails import Thumbnail

#: Unit vectors, float32.
Vectors = npt.NDArray[np.float32]
#: Top, bottom, left and right of a part of an image, as shares of its sides.
Window = tuple[float, float, float, float]

#: Cells along a side, and the frequency (half waves per window) from which all are ignored.
_CELLS = 12
_CUTOFF = 10.0
#: Windows along one axis: share of the side, and number of windows spread over it.
_GRID = ((1.0, 1), (0.9, 3), (0.8, 4), (0.7, 5), (0.6, 6))
#: Contrast in grey levels that counts as none.
_NOISE = 2.0


def describe(image: Thumbnail, *, whole: bool = False) -> Vectors:
    """Return a unit vector for each window, or only for the whole image.

    The dot product of two vectors, -1 to 1, is the similarity of the windows. A window without
    structure gets a vector near 0, which is similar to nothing.

    Args:
        image: The image.
        whole: Leave the windows out.

    Returns:
        Vectors, (windows, numbers), in the order of :func:`windows`.
    """
    count = 1 if whole else len(_intervals())
    rows = _projection(image.shape[0])[: count * _CELLS]
    columns = _projection(image.shape[1])[: count * _CELLS]
    spectra = (rows @ image.astype(np.float32) @ columns.T).reshape(count, _CELLS, count, _CELLS)
    kept, weights = _frequencies()
    vectors = spectra.transpose(0, 2, 1, 3).reshape(count * count, -1)[:, kept] * weights
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    described: Vectors = vectors / (lengths + _NOISE * _CELLS)
    return described


@lru_cache(maxsize=1)
def windows() -> tuple[Window, ...]:
    """Return the windows; the first is the whole image."""
    return tuple((*rows, *columns) for rows in _intervals() for columns in _intervals())


@lru_cache(maxsize=1)
def _intervals() -> tuple[tuple[float, float], ...]:
    """Return the windows along one axis."""
    return tuple(
        (float(start), float(start + share))
        for share, number in _GRID
        for start in (np.linspace(0, 1 - share, number) if number > 1 else (0.0,))
    )


@lru_cache(maxsize=512)
def _projection(length: int) -> npt.NDArray[np.float32]:
    """Return the matrix that maps ``length`` pixels to the spectra of all intervals."""
    frequency, cell = np.arange(_CELLS)[:, None], np.arange(_CELLS)[None]
    cosines = np.cos(np.pi * (cell + 0.5) * frequency / _CELLS) * np.sqrt(2 / _CELLS)
    cosines[0] /= np.sqrt(2)
    pixel = np.arange(length)
    parts = []
    for start, end in _intervals():
        edges = np.linspace(start * length, end * length, _CELLS + 1)
        # The part of each pixel that is in each cell.
        shares = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
        shares = np.clip(shares, 0, None)
        parts.append(cosines @ (shares / shares.sum(axis=1, keepdims=True)))
    return np.concatenate(parts).astype(np.float32)


@lru_cache(maxsize=1)
def _frequencies() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Return the indices of the numbers of a spectrum that count, and their weights."""
    row, column = np.divmod(np.arange(_CELLS * _CELLS), _CELLS)
    radius = np.hypot(row, column)
    kept = np.flatnonzero((radius > 0) & (radius < _CUTOFF))
    return kept, radius[kept].astype(np.float32)

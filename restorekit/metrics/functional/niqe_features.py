"""The 36 features of NIQE for every block of an image."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .aggd import fit_aggd, moments
from .niqe_filter import local_mean, smooth

Array = npt.NDArray[np.float64]

#: Side of a block in pixels, at the first scale.
BLOCK = 96


def block_features(luma: npt.NDArray[np.uint8]) -> Array:
    """Return the features of all blocks, (blocks, 36), NaN where a block is flat.

    Args:
        luma: (H, W), both multiples of :data:`BLOCK`.
    """
    scales = ((luma.astype(np.float64), BLOCK), (_halved(luma), BLOCK // 2))
    return np.concatenate([_features(image, side) for image, side in scales], axis=1)


def _halved(luma: npt.NDArray[np.uint8]) -> Array:
    """Return MATLAB's ``imresize(luma, 0.5)``: bicubic, eight taps, borders mirrored.

    The result is exact, because the weights are multiples of 1/256.
    """
    weights = np.array([-3, -9, 29, 111, 111, 29, -9, -3]) / 256
    border = cv2.BORDER_REFLECT
    filtered = cv2.sepFilter2D(luma, cv2.CV_64F, weights, weights, anchor=(3, 3), borderType=border)
    return np.ascontiguousarray(filtered[::2, ::2])


def _features(image: Array, side: int) -> Array:
    """Return 18 features of each block of ``side``×``side`` pixels, (blocks, 18)."""
    mean = local_mean(image)
    squares = smooth(image * image)
    found = []
    # One row of blocks at a time stays in the processor's cache.
    for top in range(0, len(image), side):
        rows = np.s_[top : top + side]
        deviation = np.sqrt(np.abs(squares[rows] - mean[rows] * mean[rows]))
        normalized = (image[rows] - mean[rows]) / (deviation + 1)
        blocks = normalized.reshape(side, -1, side).swapaxes(0, 1)
        found.append(_moments_of_blocks(np.ascontiguousarray(blocks)))
    fits = fit_aggd(np.concatenate(found, axis=2), side * side)
    features = [fits.shape[0], (fits.left[0] + fits.right[0]) / 2]
    for neighbour in range(1, 5):
        features += [values[neighbour] for values in (fits.shape, fits.mean, fits.left, fits.right)]
    return np.stack(features, axis=1)


def _moments_of_blocks(blocks: Array) -> Array:
    """Return moments of blocks (blocks, side, side) and of their products, (6, 5, blocks).

    The products are those of each pixel with its neighbours to the left, above, above left and
    above right. Blocks wrap around, as in the authors' release.
    """
    wrapped = np.concatenate([blocks[:, -1:], blocks], axis=1)
    wrapped = np.concatenate([wrapped[..., -1:], wrapped, wrapped[..., :1]], axis=2)
    above, side = wrapped[:, :-1], blocks.shape[-1]
    neighbours = (
        wrapped[:, 1:, :side],
        above[..., 1 : side + 1],
        above[..., :side],
        above[..., 2:],
    )
    products = (moments(blocks * neighbour) for neighbour in neighbours)
    return np.stack([moments(blocks), *products], axis=1)

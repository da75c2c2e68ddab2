"""The 36 features of NIQE for every block of an image."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from .aggd import fit_aggd, moments

Array = npt.NDArray[np.float64]

#: Side of a block in pixels, at the first scale.
BLOCK = 96
_RADIUS = 3


def block_features(luma: npt.NDArray[np.uint8]) -> Array:
    """Return the features of all blocks, (blocks, 36), NaN where a block is flat.

    Args:
        luma: (H, W), both multiples of :data:`BLOCK`.
    """
    scales = ((luma.astype(np.float64), BLOCK), (_halved(luma), BLOCK // 2))
    return np.concatenate([_features(image, side) for image, side in scales], axis=1)


def _halved(luma: npt.NDArray[np.uint8]) -> Array:
    """Return MATLAB's ``imresize(luma, 0.5)``: bicubic, eight taps, borders mirrored.

    Exact, since the weights are multiples of 1/256, so the order of additions is free.
    """
    weights = np.array([-3, -9, 29, 111, 111, 29, -9, -3]) / 256
    border = cv2.BORDER_REFLECT
    filtered = cv2.sepFilter2D(luma, cv2.CV_64F, weights, weights, anchor=(3, 3), borderType=border)
    return np.ascontiguousarray(filtered[::2, ::2])


def _features(image: Array, side: int) -> Array:
    """Return 18 features of each block of ``side``×``side`` pixels, (blocks, 18).

    One row of blocks at a time, which stays in the processor's cache.
    """
    weights = _weights()
    border = (_RADIUS, _RADIUS, _RADIUS, _RADIUS)
    padded = cv2.copyMakeBorder(image, *border, borderType=cv2.BORDER_REPLICATE)
    found = []
    for top in range(0, len(image), side):
        strip = padded[top : top + side + 2 * _RADIUS]
        mean = _smoothed(strip, weights)
        deviation = np.sqrt(np.abs(_smoothed(strip * strip, weights) - mean * mean))
        normalized = (image[top : top + side] - mean) / (deviation + 1)
        blocks = normalized.reshape(side, -1, side).swapaxes(0, 1)
        found.append(_moments_of_blocks(np.ascontiguousarray(blocks)))
    fits = fit_aggd(np.concatenate(found, axis=2), side * side)
    features = [fits.shape[0], (fits.left[0] + fits.right[0]) / 2]
    for neighbour in range(1, 5):
        features += [values[neighbour] for values in (fits.shape, fits.mean, fits.left, fits.right)]
    return np.stack(features, axis=1)


def _weights() -> list[float]:
    """Return a Gaussian of σ = 7/6 on seven places, whose sum is 1 exactly."""
    bell = [math.exp(-(offset**2) / (2 * (7 / 6) ** 2)) for offset in range(-_RADIUS, _RADIUS + 1)]
    return [value / math.fsum(bell) for value in bell]


def _smoothed(padded: Array, weights: Sequence[float]) -> Array:
    """Return the windowed mean, smaller than ``padded`` by the window's radius all around.

    One multiplication and one addition at a time, from the first weight to the last, down
    and then across.
    """
    for axis in (0, 1):
        length = padded.shape[axis] - 2 * _RADIUS
        parts = [
            padded[place : place + length] if axis == 0 else padded[:, place : place + length]
            for place in range(len(weights))
        ]
        total, term = parts[0] * weights[0], np.empty_like(parts[0])
        for part, weight in zip(parts[1:], weights[1:], strict=True):
            total += np.multiply(part, weight, out=term)
        padded = total
    return padded


def _moments_of_blocks(blocks: Array) -> Array:
    """Return moments of blocks (blocks, side, side) and of their products, (6, 5, blocks).

    The products are those of each pixel with its neighbour to the left, above, above to
    the left and above to the right, cyclic within the block as the release has it.
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

"""Fingerprints of datasets: one number for the pixels, whatever the files are called.

Copies of Rain100L that differ in ten images, or in a crop of one pixel, give different PSNR, and
their fingerprints differ. A copy that was renamed, reordered or compressed again without loss has
the same fingerprint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt


def image_digest(*images: npt.NDArray[np.uint8]) -> str:
    """Return the SHA-256 of the shapes and pixels of an image or of a pair, 64 hex digits.

    Args:
        images: Decoded images, (H, W, 3), uint8, RGB: one image, or lq and gt of a pair.
    """
    digest = hashlib.sha256()
    for image in images:
        digest.update(repr(image.shape).encode())
        digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()


def dataset_fingerprint(digests: Iterable[str]) -> str:
    """Return the SHA-256 of the sorted digests of a dataset's images, 64 hex digits.

    Args:
        digests: One :func:`image_digest` for each pair, or for each image of an unpaired set,
            in any order; duplicates count.
    """
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()

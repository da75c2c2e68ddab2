"""Generated pictures that take as long to compress and decode as photographs do."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from restorekit.io.images import Image, write_image
from restorekit.io.terminal import progress
from restorekit.rain import RainRenderer

#: Detail from a sixth of a photograph down to single pixels, fainter the finer it is.
_OCTAVES = (3, 6, 12, 24, 48, 96, 192)


def write_pairs(root: Path, number: int, height: int, width: int) -> None:
    """Write pairs of rainy and clean pictures as PNG to ``root/lq`` and ``root/gt``.

    Args:
        root: Folder to write to.
        number: Number of pairs.
        height: Height of each picture in pixels.
        width: Width of each picture in pixels.
    """
    renderer = RainRenderer("rain100l")
    for index in progress(range(number), "making photographs"):
        rng = np.random.default_rng(index)
        clean = photograph(rng, height, width)
        write_image(root / "gt" / f"{index:05d}.png", clean)
        write_image(root / "lq" / f"{index:05d}.png", renderer(clean, rng))


def photograph(rng: np.random.Generator, height: int, width: int) -> Image:
    """Return noise with a spectrum like that of natural images, and with grain.

    The PNG of a picture of 481×321 pixels has 0.24 MB; those of Rain100H have 0.25 MB.
    """
    picture = rng.normal(120, 2.5, (height, width, 3))
    for octave, across in enumerate(_OCTAVES):
        down = max(2, across * height // width)
        grey = rng.normal(0, 1, (down, across, 1))
        colours = rng.normal(0, 0.4, (down, across, 3))
        shapes = cv2.resize(grey + colours, (width, height), interpolation=cv2.INTER_CUBIC)
        picture += 40 * 2 ** (-0.8 * octave) * shapes
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)

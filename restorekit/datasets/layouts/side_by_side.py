"""Decide from the pixels whether files hold a rainy and a clean image side by side.

The shape of a file does not tell: a photograph may be as wide as two images. Files count as pairs
only beyond doubt: there are several, in nearly all of them both halves show the same scene, and
nearly all agree on the side of the rain. The halves of a photograph hardly ever correlate (in 4 of
647 photographs by more than the threshold, and at least four files must), so neither photographs
nor single images of pairs pass.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from restorekit.datasets.readers.pairs import Side, split_halves
from restorekit.datasets.readers.sources import ImageSource
from restorekit.errors import DataError

from .rain_side import SAME_SCENE, UNDECIDED, rain_evidence, scene_likeness

_LOOKED_AT = 16
_FEWEST = 4
_NEARLY_ALL = 0.9


class Halves(NamedTuple):
    """What some files show.

    Attributes:
        pairs: Whether both halves of nearly all of them show the same scene; None if there are
            too few files to tell.
        rain: Side of the rain, or None if the files do not agree.
    """

    pairs: bool | None
    rain: Side | None


def look_at_halves(images: ImageSource, limit: int = _LOOKED_AT) -> Halves:
    """Compare the halves of some images, evenly spread over the folder.

    Args:
        images: The files.
        limit: Number of files to compare.
    """
    total = len(images.names)
    chosen = np.unique(np.linspace(0, total - 1, min(limit, total)).round().astype(int))
    likeness, evidence = [], []
    for index in chosen:
        try:
            image = images.read(int(index))
        except DataError:
            continue
        if image.shape[1] % 2 or min(image.shape[:2]) < 4:
            likeness.append(0.0)
            continue
        left, right = split_halves(image, "left")
        likeness.append(scene_likeness(left, right))
        evidence.append(rain_evidence(left, right))
    alike = [value > SAME_SCENE for value in likeness]
    if len(alike) < _FEWEST:
        return Halves(pairs=None if all(alike) else False, rain=None)
    if np.mean(alike) < _NEARLY_ALL:
        return Halves(pairs=False, rain=None)
    return Halves(pairs=True, rain=_agreed_side(evidence))


def _agreed_side(evidence: list[float]) -> Side | None:
    left = sum(value > UNDECIDED for value in evidence)
    right = sum(value < -UNDECIDED for value in evidence)
    if max(left, right) < _NEARLY_ALL * len(evidence):
        return None
    return "left" if left > right else "right"

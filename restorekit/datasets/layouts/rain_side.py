"""Tell which of two images is the rainy one, and whether both show the same scene.

Streaks are bright, narrow and mostly upright. A white top-hat along the rows (the image minus its
opening by a short horizontal line) keeps what is bright and narrower than the line, above all
streaks. Rain increases its mean even where it darkens the image as a whole (veiling, as in 40 %
of Rain800's test pairs, for which brightness alone would give the wrong answer).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from restorekit.io.images import Image

_Grey = npt.NDArray[np.float32]
_STREAK = np.ones((1, 9), np.uint8)
_SCENE_SIDE = 32
_SCENE_SIGMA = 6.0

#: Evidence below this decides nothing.
UNDECIDED = 0.02
#: A single pair counts as swapped only beyond this: of 930 pairs of Rain800, Rain100L/H and
#: Rain200H, none of them swapped, the lowest has -0.08.
CERTAIN = 0.15
#: Halves of photographs rarely agree more than this (4 of 647), pairs never less (930).
SAME_SCENE = 0.25


def rain_evidence(lq: Image, gt: Image) -> float:
    """Return the logarithm of the ratio of narrow bright detail in ``lq`` and ``gt``.

    It is positive where ``lq`` is the rainy image; swapping the images changes its sign.

    Args:
        lq: uint8 (H, W, 3) RGB.
        gt: The same.
    """
    return float(np.log(_streaks(lq) / _streaks(gt)))


def scene_likeness(one: Image, other: Image) -> float:
    """Return the correlation of two images' coarse detail, -1 to 1.

    Both are reduced, which averages streaks out; still coarser structure and the mean of each
    row are subtracted, since sky above ground looks the same in all photographs.

    Args:
        one: uint8 (H, W, 3) RGB.
        other: The same, of the same size.
    """
    first, second = _coarse_detail(one), _coarse_detail(other)
    scale = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.vdot(first, second)) / scale if scale > 0 else 0.0


def _grey(image: Image) -> npt.NDArray[np.uint8]:
    grey: npt.NDArray[np.uint8] = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    return grey


def _streaks(image: Image) -> float:
    found = cv2.morphologyEx(_grey(image), cv2.MORPH_TOPHAT, _STREAK)
    # The hundredth of a grey level gives flat images a logarithm.
    return float(found.mean()) + 0.01


def _coarse_detail(image: Image) -> _Grey:
    grey = _grey(image).astype(np.float32)
    height, width = grey.shape
    factor = _SCENE_SIDE / min(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    detail: _Grey = small - cv2.GaussianBlur(small, (0, 0), _SCENE_SIGMA)
    # What is constant along a row, such as sky, is so in other photographs, too.
    detail -= detail.mean(axis=1, keepdims=True)
    return detail

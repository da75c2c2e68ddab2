"""Draw railings, wires and text into scenes: bright lines that are not rain."""

from __future__ import annotations

import math
import string
from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from restorekit.io.images import Image
from restorekit.registry import TRANSFORMS

from .checks import require_share
from .degradations.base import to_levels
from .paired import PairedTransform

#: Coverage of each pixel, 0 to 255.
Mask: TypeAlias = npt.NDArray[np.uint8]
Array: TypeAlias = npt.NDArray[np.float32]
Drawing: TypeAlias = Callable[[np.random.Generator, int, int], Mask]

#: Lines are drawn at sub-pixel positions: this many binary digits of a coordinate are fractions.
_SHIFT = 4
_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_COMPLEX_SMALL,
)


@TRANSFORMS.register_module()
class PairedStructures(PairedTransform):
    """Draw what a network mistakes for streaks: pillars at equal distances, wires, text.

    Photographs of nature hold little of it. A network that has never seen it removes the bright
    pillars of a bridge and the strokes of letters. It belongs before the rain (``before_rain``).

    Args:
        probability: Share of the images that get one of the three.

    Raises:
        ConfigError: If it is not from 0 to 1.

    Example:
        >>> sample = dict(lq=clean, gt=clean, rng=np.random.default_rng(0))
        >>> drawn = PairedStructures(probability=1)(sample)
        >>> bool((drawn["gt"] != clean).any()), bool((drawn["lq"] == drawn["gt"]).all())
        (True, True)
    """

    keeps_size = True

    def __init__(self, probability: float = 0.2) -> None:
        self.probability = require_share(self, "probability", probability)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> tuple[Array, Array] | None:
        """Return the coverage, (H, W, 1), and the colour; None to leave images as they are."""
        if rng.random() >= self.probability:
            return None
        drawings: tuple[Drawing, ...] = (_pillars, _wires, _text)
        mask = drawings[int(rng.integers(len(drawings)))](rng, height, width)
        # Mostly grey, brighter than the scene or darker.
        colour = rng.uniform(0, 255) + rng.normal(0, 15, 3)
        strength = np.float32(rng.uniform(0.5, 1.0) / 255)
        return strength * mask[..., None], np.clip(colour, 0, 255).astype(np.float32)

    def apply(self, image: Image, drawn: tuple[Array, Array] | None) -> Image:
        if drawn is None:
            return image
        mask, colour = drawn
        return to_levels(image + mask * (colour - image))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(probability={self.probability})"


def _pillars(rng: np.random.Generator, height: int, width: int) -> Mask:
    """Draw parallel bars of one size at equal distances, such as a railing or a colonnade."""
    mask = np.zeros((height, width), np.uint8)
    distance = rng.uniform(6, 40)
    thickness = max(1, round(rng.uniform(0.1, 0.5) * min(distance, 16)))
    angle = math.radians(rng.normal(0, 4) + (90 if rng.random() < 0.25 else 0))
    length = rng.uniform(0.2, 1.5) * height
    across = np.array([math.cos(angle), -math.sin(angle)])
    along = np.array([math.sin(angle), math.cos(angle)])
    middle = np.array([width, height]) * rng.uniform(0.2, 0.8, 2)
    number = int(rng.integers(3, 3 + max(1, int(1.5 * width / distance))))
    for step in range(number):
        centre = middle + across * distance * (step - number / 2)
        _line(mask, centre - along * length / 2, centre + along * length / 2, thickness)
    return mask


def _wires(rng: np.random.Generator, height: int, width: int) -> Mask:
    """Draw a few lines across the image, such as wires, masts and edges of buildings."""
    mask = np.zeros((height, width), np.uint8)
    for _ in range(int(rng.integers(1, 5))):
        angle = math.radians(rng.normal(0, 3) if rng.random() < 0.5 else rng.uniform(-90, 90))
        along = np.array([math.sin(angle), math.cos(angle)]) * (height + width)
        through = rng.uniform(0, 1, 2) * [width, height]
        _line(mask, through - along, through + along, int(rng.integers(1, 5)))
    return mask


def _text(rng: np.random.Generator, height: int, width: int) -> Mask:
    """Draw lines of random letters and digits."""
    mask = np.zeros((height, width), np.uint8)
    font = _FONTS[int(rng.integers(len(_FONTS)))]
    scale = rng.uniform(0.4, 1.6)
    thickness = int(rng.integers(1, 1 + max(1, round(2 * scale))))
    letters = string.ascii_letters + string.digits
    top = rng.uniform(0, height)
    for line in range(int(rng.integers(1, 5))):
        text = "".join(letters[i] for i in rng.integers(len(letters), size=12))
        base = (int(rng.uniform(-20, width / 2)), int(top + 32 * scale * line))
        cv2.putText(mask, text, base, font, scale, 255, thickness, cv2.LINE_AA)
    return mask


def _line(
    mask: Mask, start: npt.NDArray[np.float64], end: npt.NDArray[np.float64], thickness: int
) -> None:
    """Draw a line of full coverage, from one (x, y) to another."""
    points = [tuple(np.rint(point * (1 << _SHIFT)).astype(int).tolist()) for point in (start, end)]
    cv2.line(mask, points[0], points[1], 255, thickness, cv2.LINE_AA, _SHIFT)

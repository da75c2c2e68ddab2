"""The conditions under which networks are compared: one property changes, the others stay.

All of them begin with the same photographs, and with the same drops where the rain is of one kind:
the generator of an image depends on the seed and the photograph, not on the condition.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from restorekit.io.fingerprint import image_digest
from restorekit.io.images import Image
from restorekit.rain import RAIN_PRESETS, RainMixture, RainRenderer, RainSpec, StreakLayer
from restorekit.transforms.degradations.jpeg import compress

#: Rain of one direction and strength, from which every other condition but the kinds departs.
_STREAKS = StreakLayer(
    density=1000,
    direction=0,
    length=30,
    width=1.6,
    brightness=0.8,
    direction_spread=1.5,
    length_spread=0.4,
    width_spread=0.2,
    opacity=(0.2, 0.9),
    motion_blur=0.3,
    softness=0.6,
)
BASE_RAIN = RainSpec((_STREAKS,))
#: How often rain is drawn for an image that stays dry.
_ATTEMPTS = 100


@dataclass(frozen=True)
class Axis:
    """A property that changes.

    Attributes:
        title: Heading of its part of a report.
        label: What its values are, with their unit.
        values: Its values.
        quick: Those of them that are measured in little time.
        base: The value of the other axes' conditions; None for kinds of rain.
    """

    title: str
    label: str
    values: tuple[float, ...] = ()
    quick: tuple[float, ...] = ()
    base: float | None = None


AXES = {
    "kind": Axis("Kind of rain", "preset"),
    "strength": Axis(
        "Strength of the rain",
        "streaks per megapixel",
        values=(0, 250, 500, 1000, 2000, 4000, 8000),
        quick=(0, 250, 1000, 4000),
        base=1000,
    ),
    "direction": Axis(
        "Direction of the rain",
        "degrees from straight down",
        values=(-75, -45, -20, 0, 20, 45, 75),
        quick=(-45, 0, 45),
        base=0,
    ),
    "size": Axis(
        "Size of the image",
        "percent of the side",
        values=(25, 50, 75, 100),
        quick=(50, 100),
        base=100,
    ),
    "jpeg": Axis(
        "JPEG compression of the input",
        "quality",
        values=(10, 30, 50, 75, 90, 100),
        quick=(10, 50, 100),
    ),
}


@dataclass(frozen=True)
class Condition:
    """How the input of a network is made of a photograph.

    Attributes:
        axis: The property that it is about, a key of :data:`AXES`.
        value: Value of that property, as text.
        number: The same as a number; None for kinds of rain.
        rain: The rain.
        scale: Factor of both sides by which the rainy and the clean image are reduced.
        quality: JPEG quality of the rainy image; None for no compression.
    """

    axis: str
    value: str
    number: float | None = None
    rain: RainSpec | RainMixture = BASE_RAIN
    scale: float = 1.0
    quality: int | None = None

    @property
    def is_dry(self) -> bool:
        """Whether there is no rain to remove."""
        return self.axis == "strength" and self.number == 0

    @property
    def key(self) -> str:
        """A name for files and logs, such as ``strength-1000``."""
        return f"{self.axis}-{self.value}"

    def make(self, photo: Image, seed: int) -> tuple[Image, Image]:
        """Return the rainy image and the clean one.

        Where a kind of rain leaves some images dry, rain is drawn again for those.

        Args:
            photo: uint8 RGB (H, W, 3).
            seed: Seed of the rain.
        """
        key = int(image_digest(photo)[:16], 16)
        render, clean = RainRenderer(self.rain), photo
        for attempt in range(_ATTEMPTS):
            rainy = render(photo, np.random.default_rng((seed, key, attempt)))
            if self.is_dry or not np.array_equal(rainy, photo):
                break
        if self.scale < 1:
            height, width = photo.shape[:2]
            size = (max(1, round(width * self.scale)), max(1, round(height * self.scale)))
            rainy, clean = (
                cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in (rainy, clean)
            )
        if self.quality is not None:
            rainy = compress(rainy, self.quality)
        return rainy, clean


def conditions(quick: bool = False) -> list[Condition]:
    """Return all conditions, axis by axis.

    Args:
        quick: Whether to take fewer values of each axis.
    """
    found = [Condition("kind", name, rain=rain) for name, rain in RAIN_PRESETS.items()]
    for name, axis in AXES.items():
        values = axis.quick if quick else axis.values
        found += [_condition(name, value) for value in values]
    return found


def _condition(axis: str, value: float) -> Condition:
    plain = Condition(axis, f"{value:g}", value)
    if axis == "strength":
        return replace(plain, rain=RainSpec((replace(_STREAKS, density=value),)))
    if axis == "direction":
        return replace(plain, rain=RainSpec((replace(_STREAKS, direction=value),)))
    if axis == "size":
        return replace(plain, scale=value / 100)
    return replace(plain, quality=int(value))

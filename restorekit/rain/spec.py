"""The description of rain: layers of streaks, a veil, and how they are blended."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from restorekit.errors import ConfigError

from .distributions import Distribution, check, check_number


@dataclass(frozen=True)
class StreakLayer:
    """Streaks of one kind; rain may have several such layers.

    Each :data:`~restorekit.rain.distributions.Distribution` is drawn once per image, since
    the wind and the strength of the rain differ between images. A ``*_spread`` says how much
    the streaks within one image differ.

    Attributes:
        density: Streaks per megapixel (a 480x320 image has 0.154 megapixels).
        direction: Degrees from straight down; positive if the lower end is further right.
        length: Length in pixels, from half brightness at one end to that at the other.
        width: Width in pixels, from half brightness at one side to that at the other.
        brightness: Brightness of an opaque streak, 0 to 1 of the image's range.
        direction_spread: Standard deviation of a streak's direction, in degrees.
        length_spread: Standard deviation of the logarithm of a streak's length.
        width_spread: Standard deviation of the logarithm of a streak's width.
        opacity: How much a streak hides, 0 to 1; unlike the others, drawn for every streak.
        motion_blur: Fraction of its length over which a streak fades in and out, from 0
            (blunt ends) to 1 (brightest only in the middle), as in a long exposure.
        softness: Fraction of its width over which a streak's sides fade, 0 to 1, as when out
            of focus.
        probability: Probability that an image has this layer at all.
        depth: How much the layer fades where the scene is near, 0 (the same everywhere) to 1
            (nothing at the nearest point); see :attr:`RainSpec.veil_depth`.

    Example:
        >>> near = StreakLayer(density=300, direction=5, length=(40, 80), width=3, brightness=0.4)
        >>> near.motion_blur
        0.5
    """

    density: Distribution
    direction: Distribution
    length: Distribution
    width: Distribution
    brightness: Distribution
    direction_spread: float = 0.0
    length_spread: float = 0.0
    width_spread: float = 0.0
    opacity: Distribution = 1.0
    motion_blur: float = 0.5
    softness: float = 1.0
    probability: float = 1.0
    depth: float = 0.0

    def __post_init__(self) -> None:
        owner = type(self).__name__
        check(owner, "direction", self.direction, -math.inf)
        for name in ("density", "length", "width"):
            check(owner, name, getattr(self, name), 0)
        for name in ("brightness", "opacity"):
            check(owner, name, getattr(self, name), 0, 1)
        for name in ("direction_spread", "length_spread", "width_spread"):
            check_number(owner, name, getattr(self, name), 0)
        for name in ("motion_blur", "softness", "probability", "depth"):
            check_number(owner, name, getattr(self, name), 0, 1)


@dataclass(frozen=True)
class RainSpec:
    """One kind of rain.

    Attributes:
        layers: The streaks; their brightness adds up, to at most 1.
        blending: ``'add'`` for O = B + R, clipped (equation 1 of the DCSFN paper; how Rain100L
            and Rain100H are made), ``'screen'`` for O = B + R (1 - B), which fades on
            bright backgrounds (how rain is added in Photoshop, as for Rain1200 and Rain1400),
            or ``'over'`` for O = B (1 - R) + R A, streaks of the airlight's brightness that hide
            what is behind them, and look dark before a brighter sky.
        veil: Strength v of a veil over the background, B (1 - v) + v A, under the streaks.
        airlight: Brightness A of the veil and of streaks that are blended by ``'over'``, 0 to 1.
        veil_depth: How much of the veil depends on the distance of the scene, 0 (even) to 1
            (none at the nearest point, twice as strong at the farthest). A photograph has no
            distances; a smooth random map that grows upwards stands in for them.

    Example:
        >>> from restorekit.rain import RainRenderer
        >>> far = StreakLayer(density=9000, direction=(-5, 5), length=9, width=1, brightness=0.3)
        >>> mist = RainSpec((far,), blending="screen", veil=0.2, airlight=0.9)
        >>> rainy = RainRenderer(mist)(clean, np.random.default_rng(0))
        >>> bool(rainy.mean() > clean.mean())
        True
    """

    layers: tuple[StreakLayer, ...]
    blending: Literal["add", "screen", "over"] = "add"
    veil: Distribution = 0.0
    airlight: Distribution = 0.8
    veil_depth: float = 0.0

    def __post_init__(self) -> None:
        if self.blending not in ("add", "screen", "over"):
            raise ConfigError(
                f"RainSpec.blending is {self.blending!r}; give 'add' (O = B + R), "
                "'screen' (O = B + R (1 - B)) or 'over' (O = B (1 - R) + R A)."
            )
        check("RainSpec", "veil", self.veil, 0, 1)
        check("RainSpec", "airlight", self.airlight, 0, 1)
        check_number("RainSpec", "veil_depth", self.veil_depth, 0, 1)

    @property
    def uses_depth(self) -> bool:
        """Whether anything depends on the distance of the scene."""
        return self.veil_depth > 0 or any(layer.depth > 0 for layer in self.layers)


@dataclass(frozen=True)
class RainMixture:
    """Several kinds of rain, of which each image gets one.

    Attributes:
        specs: The kinds.
        weights: Relative frequencies; all kinds are equally frequent if empty.

    Example:
        >>> from restorekit.rain import RAIN_PRESETS
        >>> kinds = (RAIN_PRESETS["rain100l"], RAIN_PRESETS["rain100h"])
        >>> RainMixture(kinds, weights=(3, 1)).probabilities
        (0.75, 0.25)
    """

    specs: tuple[RainSpec, ...]
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.specs:
            raise ConfigError("RainMixture.specs is empty; give at least one RainSpec.")
        weights = self.weights or (1.0,) * len(self.specs)
        if len(weights) != len(self.specs) or min(weights) < 0 or sum(weights) <= 0:
            raise ConfigError(
                f"RainMixture.weights is {self.weights!r}; give one weight for each of the "
                f"{len(self.specs)} specs, none negative and not all 0."
            )

    @property
    def probabilities(self) -> tuple[float, ...]:
        """The probability of each kind; they sum to 1."""
        weights = self.weights or (1.0,) * len(self.specs)
        return tuple(weight / sum(weights) for weight in weights)

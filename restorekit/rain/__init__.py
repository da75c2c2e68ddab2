"""Rain for clean photographs: streak layers, motion blur, an optional veil, and presets."""

from __future__ import annotations

from .distributions import Distribution, LogNormal
from .presets import RAIN_PRESETS
from .renderer import RainRenderer
from .spec import RainMixture, RainSpec, StreakLayer

__all__ = [
    "RAIN_PRESETS",
    "Distribution",
    "LogNormal",
    "RainMixture",
    "RainRenderer",
    "RainSpec",
    "StreakLayer",
]

"""Rain for clean photographs: streak layers, motion blur, an optional veil, and presets."""

from __future__ import annotations

from .config import rain_from_config
from .distributions import Distribution, LogNormal, Normal
from .presets import RAIN_PRESETS
from .renderer import RainRenderer
from .spec import RainMixture, RainSpec, StreakLayer

__all__ = [
    "RAIN_PRESETS",
    "Distribution",
    "LogNormal",
    "Normal",
    "RainMixture",
    "RainRenderer",
    "RainSpec",
    "StreakLayer",
    "rain_from_config",
]

"""What weather, lenses and cameras do to photographs, rendered on the rainy image ``lq`` alone.

Rain has a room of its own, :mod:`restorekit.rain`.
"""

from .base import Degradation
from .blur import AddBlur
from .haze import AddHaze
from .jpeg import AddJPEG
from .noise import AddNoise
from .raindrops import AddRaindrops
from .snow import AddSnow

__all__ = [
    "AddBlur",
    "AddHaze",
    "AddJPEG",
    "AddNoise",
    "AddRaindrops",
    "AddSnow",
    "Degradation",
]

"""Transforms: what happens to a sample between its file and its batch."""

from .camera import PairedCamera, PairedExposure
from .crop import PairedRandomCrop
from .dcsfn import DCSFNAugment
from .degradations import (
    AddBlur,
    AddHaze,
    AddJPEG,
    AddNoise,
    AddRaindrops,
    AddSnow,
    Degradation,
)
from .flip import PairedFlip, PairedRotate90
from .pack import PackInputs
from .paired import PairedTransform
from .saturation import PairedSaturation
from .scaled_crop import PairedScaledCrop
from .structures import PairedStructures
from .wrappers import RandomApply, RandomChoice

__all__ = [
    "AddBlur",
    "AddHaze",
    "AddJPEG",
    "AddNoise",
    "AddRaindrops",
    "AddSnow",
    "DCSFNAugment",
    "Degradation",
    "PackInputs",
    "PairedCamera",
    "PairedExposure",
    "PairedFlip",
    "PairedRandomCrop",
    "PairedRotate90",
    "PairedSaturation",
    "PairedScaledCrop",
    "PairedStructures",
    "PairedTransform",
    "RandomApply",
    "RandomChoice",
]

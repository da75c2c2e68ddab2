"""Transforms: what happens to a sample between its file and its batch."""

from .crop import PairedRandomCrop
from .dcsfn import DCSFNAugment
from .flip import PairedFlip, PairedRotate90
from .pack import PackInputs
from .paired import PairedTransform
from .wrappers import RandomApply, RandomChoice

__all__ = [
    "DCSFNAugment",
    "PackInputs",
    "PairedFlip",
    "PairedRandomCrop",
    "PairedRotate90",
    "PairedTransform",
    "RandomApply",
    "RandomChoice",
]

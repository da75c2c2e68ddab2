"""What happens to a sample between its file and its batch; each is a plugin."""

from .crop import PairedRandomCrop
from .dcsfn import DCSFNAugment
from .flip import PairedFlip, PairedRotate90
from .pack import PackInputs
from .paired import PairedTransform

__all__ = [
    "DCSFNAugment",
    "PackInputs",
    "PairedFlip",
    "PairedRandomCrop",
    "PairedRotate90",
    "PairedTransform",
]

"""Networks, each written as in its paper: from an image to the restored one, or one per stage.

They need only PyTorch and the registry. Importing this package registers all networks and
their blocks. :mod:`restorekit.fast` makes them faster without changing what they compute.
"""

from . import blocks
from .bioir import BioIR
from .convir import ConvIR
from .dcsfn import DCSFN
from .ddn import DDN
from .drsformer import DRSformer
from .fadformer import FADformer
from .hct_ffn import HCTFFN
from .idt import IDT
from .mprnet import MPRNet
from .nafnet import NAFNet
from .nerd_rain import NeRDRain
from .nledn import NLEDN
from .prenet import PReNet
from .rcdnet import RCDNet
from .rehen import REHEN
from .rescan import RESCAN
from .restormer import Restormer
from .sfhformer import SFHformer
from .sfnet import SFNet
from .sizing import (
    SizeRequirements,
    forward_padded,
    pad_to_fit,
    size_requirements_of,
    with_padding,
)
from .spdnet import SPDNet
from .uformer import Uformer

__all__ = [
    "DCSFN",
    "DDN",
    "HCTFFN",
    "IDT",
    "NLEDN",
    "REHEN",
    "RESCAN",
    "BioIR",
    "ConvIR",
    "DRSformer",
    "FADformer",
    "MPRNet",
    "NAFNet",
    "NeRDRain",
    "PReNet",
    "RCDNet",
    "Restormer",
    "SFHformer",
    "SFNet",
    "SPDNet",
    "SizeRequirements",
    "Uformer",
    "blocks",
    "forward_padded",
    "pad_to_fit",
    "size_requirements_of",
    "with_padding",
]

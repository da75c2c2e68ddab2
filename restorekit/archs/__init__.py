"""Networks: a rainy image in, the derained image (or one a stage) out.

They know only torch and the registry, so that any of them runs without the rest of the
toolbox. Importing this package registers all of them and their blocks.
"""

from . import blocks
from .dcsfn import DCSFN
from .ddn import DDN
from .nledn import NLEDN
from .prenet import PReNet
from .rehen import REHEN
from .rescan import RESCAN
from .sizing import forward_padded, pad_to_fit

__all__ = [
    "DCSFN",
    "DDN",
    "NLEDN",
    "REHEN",
    "RESCAN",
    "PReNet",
    "blocks",
    "forward_padded",
    "pad_to_fit",
]

"""Bridges to other toolboxes, which are imported only when they are used."""

from .basicsr import basicsr_arch, import_basicsr
from .spandrel import load_with_spandrel, spandrel_arch
from .vgg import vgg_features

__all__ = [
    "basicsr_arch",
    "import_basicsr",
    "load_with_spandrel",
    "spandrel_arch",
    "vgg_features",
]

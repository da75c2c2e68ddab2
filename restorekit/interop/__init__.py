"""Bridges to other toolboxes, which are imported only when they are used."""

from .basicsr import basicsr_arch, import_basicsr
from .torchvision import vgg_features

__all__ = ["basicsr_arch", "import_basicsr", "vgg_features"]

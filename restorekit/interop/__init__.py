"""Bridges to other toolboxes, which are imported only when they are used."""

from collections.abc import Callable
from pathlib import Path

from torch import nn

from .basicsr import basicsr_arch, import_basicsr
from .spandrel import load_with_spandrel, spandrel_arch
from .vgg import vgg_features

#: Packages that read checkpoints which restorekit does not: what `--via` takes.
READERS: dict[str, Callable[[Path], nn.Module]] = {"spandrel": load_with_spandrel}

__all__ = [
    "READERS",
    "basicsr_arch",
    "import_basicsr",
    "load_with_spandrel",
    "spandrel_arch",
    "vgg_features",
]

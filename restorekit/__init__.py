"""restorekit: a toolbox for image restoration, deraining first.

Importing the package is cheap and registers nothing: the registries of
:mod:`restorekit.registry` import their own modules when they are first asked.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .checkpoints import load_network
    from .datasets import open_pairs
    from .evaluation.folder import evaluate_folder
    from .inference import Restorer, load_restorer
    from .metrics.measuring import measure

__all__ = [
    "Restorer",
    "__version__",
    "evaluate_folder",
    "load_network",
    "load_restorer",
    "measure",
    "open_pairs",
]

#: What the package offers, by the module that is imported when somebody asks for it.
_LAZY = {
    "Restorer": "restorekit.inference",
    "evaluate_folder": "restorekit.evaluation.folder",
    "load_network": "restorekit.checkpoints",
    "load_restorer": "restorekit.inference",
    "measure": "restorekit.metrics.measuring",
    "open_pairs": "restorekit.datasets",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'restorekit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

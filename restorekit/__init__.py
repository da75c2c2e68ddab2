"""restorekit: a toolbox for image restoration, deraining first.

Importing the package is cheap and registers nothing: the registries of
:mod:`restorekit.registry` import their own modules when they are first asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .checkpoints import load_network

__all__ = ["__version__", "load_network"]


def __getattr__(name: str) -> Any:
    if name == "load_network":
        from .checkpoints import load_network

        return load_network
    raise AttributeError(f"module 'restorekit' has no attribute {name!r}")

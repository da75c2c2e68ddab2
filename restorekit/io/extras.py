"""Optional packages, and how to get them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from restorekit.errors import MissingDependencyError


def optional_package(module: str, extra: str, purpose: str) -> Any:
    """Import a package that an extra brings.

    Args:
        module: Name of the module.
        extra: The extra of restorekit that brings it.
        purpose: What needs it, the beginning of a sentence.

    Raises:
        MissingDependencyError: If it cannot be imported.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            f"{purpose} needs the package {module.partition('.')[0]}, which cannot be imported "
            f"({error}): `pip install 'restorekit[{extra}]'`."
        ) from error

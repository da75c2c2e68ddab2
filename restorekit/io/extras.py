"""Optional packages, and how to get them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from restorekit.errors import MissingDependencyError


def optional_package(module: str, extra: str, purpose: str) -> Any:
    """Import a package that an extra of restorekit installs.

    Args:
        module: Name of the module.
        extra: Name of the extra.
        purpose: What needs the package: the subject of the sentence in the message.

    Raises:
        MissingDependencyError: If it cannot be imported.
    """
    try:
        return import_module(module)
    except (ImportError, RuntimeError) as error:
        # A package of another build of PyTorch raises a RuntimeError.
        raise MissingDependencyError(
            f"{purpose} needs the package {module.partition('.')[0]}, which cannot be imported "
            f"({error}): `pip install 'restorekit[{extra}]'`."
        ) from error

"""Small packages to start from: `restorekit new network NAME`."""

from .write import KINDS, write_package

__all__ = ["KINDS", "write_package"]

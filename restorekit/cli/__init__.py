"""The ``restorekit`` command: one module per command, imported only when it is called."""

from .main import main, program

__all__ = ["main", "program"]

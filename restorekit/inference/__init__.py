"""Restoring photographs with a trained network, without a config or a test set."""

from .backends import Backend, PyTorchBackend, open_backend
from .files import Outcome, restore_files
from .images import restore_image
from .restorer import Restorer, load_restorer

__all__ = [
    "Backend",
    "Outcome",
    "PyTorchBackend",
    "Restorer",
    "load_restorer",
    "open_backend",
    "restore_files",
    "restore_image",
]

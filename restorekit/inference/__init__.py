"""Restoring photographs with a trained network, without a config or a test set."""

from .backends import Backend, PyTorchBackend, open_backend
from .images import restore_image, restore_images
from .restorer import Restorer, load_restorer

__all__ = [
    "Backend",
    "PyTorchBackend",
    "Restorer",
    "load_restorer",
    "open_backend",
    "restore_image",
    "restore_images",
]

"""Restoring photographs and videos with a trained network, without a config or a test set."""

from .backends import Backend, PyTorchBackend, open_backend
from .files import Outcome, restore_files
from .memory import is_out_of_memory
from .restorer import Restorer, load_restorer
from .tiles import TiledNetwork, parse_tile
from .video import VideoInterrupted, VideoResult, restore_video

__all__ = [
    "Backend",
    "Outcome",
    "PyTorchBackend",
    "Restorer",
    "TiledNetwork",
    "VideoInterrupted",
    "VideoResult",
    "is_out_of_memory",
    "load_restorer",
    "open_backend",
    "parse_tile",
    "restore_files",
    "restore_video",
]

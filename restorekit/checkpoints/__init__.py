"""Checkpoints: read safely, written whole, and ready to run without the config beside them."""

from .io import load_file, save_file
from .network_file import load_network, save_network

__all__ = ["load_file", "load_network", "save_file", "save_network"]

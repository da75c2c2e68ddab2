"""Restorers: how a network is trained and run, as mmengine models."""

from .data_preprocessor import ImageDataPreprocessor
from .restorer import Restorer

__all__ = ["ImageDataPreprocessor", "Restorer"]

"""Restorers: how a network is trained and run, as mmengine models."""

from .checkpointing import checkpoint_activations
from .data_preprocessor import ImageDataPreprocessor
from .multi_stage import MultiStageRestorer
from .restorer import Restorer
from .semi_supervised import SemiSupervisedRestorer

__all__ = [
    "ImageDataPreprocessor",
    "MultiStageRestorer",
    "Restorer",
    "SemiSupervisedRestorer",
    "checkpoint_activations",
]

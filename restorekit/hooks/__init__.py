"""Hooks of training and testing, in addition to mmengine's.

``CheckpointHook`` is in :mod:`restorekit.engine.mmengine_patches`.
"""

from .certificate import CertificateHook
from .finite_loss import FiniteLossHook
from .gradient_check import GradientCheckHook
from .inference_cost import InferenceCostHook
from .iteration_seed import IterationSeedHook
from .leak_warning import LeakWarningHook
from .metric_history import MetricHistoryHook
from .progress_bar import ProgressBarHook
from .restored_images import RestoredImagesHook, SaveRestoredHook
from .validation_set import ValidationSetHook

__all__ = [
    "CertificateHook",
    "FiniteLossHook",
    "GradientCheckHook",
    "InferenceCostHook",
    "IterationSeedHook",
    "LeakWarningHook",
    "MetricHistoryHook",
    "ProgressBarHook",
    "RestoredImagesHook",
    "SaveRestoredHook",
    "ValidationSetHook",
]

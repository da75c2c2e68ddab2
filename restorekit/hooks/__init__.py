"""What happens around training and testing, one hook a file, in addition to mmengine's."""

from .checkpoint import CheckpointHook
from .finite_loss import FiniteLossHook
from .inference_cost import InferenceCostHook
from .iteration_seed import IterationSeedHook
from .leak_warning import LeakWarningHook
from .metric_history import MetricHistoryHook
from .progress_bar import ProgressBarHook
from .restored_images import RestoredImagesHook
from .save_restored import SaveRestoredHook

__all__ = [
    "CheckpointHook",
    "FiniteLossHook",
    "InferenceCostHook",
    "IterationSeedHook",
    "LeakWarningHook",
    "MetricHistoryHook",
    "ProgressBarHook",
    "RestoredImagesHook",
    "SaveRestoredHook",
]

"""The engine: mmengine's Runner made safe, exact on resume, and able to run without a GPU."""

from .amp import BFloat16OptimWrapper
from .evaluation_loops import MultiValLoop, TestLoop, ValLoop
from .loops import EpochTrainLoop, IterTrainLoop
from .mmengine_patches import CheckpointHook
from .runner import Runner

__all__ = [
    "BFloat16OptimWrapper",
    "CheckpointHook",
    "EpochTrainLoop",
    "IterTrainLoop",
    "MultiValLoop",
    "Runner",
    "TestLoop",
    "ValLoop",
]

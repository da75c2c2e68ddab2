"""How networks fare as the rain, the size and the compression of images change."""

from .conditions import AXES, BASE_RAIN, Condition, conditions
from .failures import draw_failures, find_failures
from .matrix import Matrix, read_matrix
from .measuring import Measured, Model, measure_robustness, take_photos
from .report import write_robustness

__all__ = [
    "AXES",
    "BASE_RAIN",
    "Condition",
    "Matrix",
    "Measured",
    "Model",
    "conditions",
    "draw_failures",
    "find_failures",
    "measure_robustness",
    "read_matrix",
    "take_photos",
    "write_robustness",
]

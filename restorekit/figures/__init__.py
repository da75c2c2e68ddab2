"""Figures for papers and pages: methods side by side, curves of trainings, quality against cost."""

from .boxes import Box
from .comparison import Comparison, compare
from .saving import save
from .style import DOUBLE_COLUMN, SINGLE_COLUMN
from .tradeoff import scatter
from .training_curves import curves

__all__ = [
    "DOUBLE_COLUMN",
    "SINGLE_COLUMN",
    "Box",
    "Comparison",
    "compare",
    "curves",
    "save",
    "scatter",
]

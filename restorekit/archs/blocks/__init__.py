"""Blocks that networks are assembled from, each a plugin by its class name."""

from .cross_scale import CrossScaleFusion
from .dense_stack import DenseStack
from .inner_scale import InnerScaleBlock
from .recurrent import ConvGRU, ConvLSTM, ConvRNN, RecurrentUnit

__all__ = [
    "ConvGRU",
    "ConvLSTM",
    "ConvRNN",
    "CrossScaleFusion",
    "DenseStack",
    "InnerScaleBlock",
    "RecurrentUnit",
]

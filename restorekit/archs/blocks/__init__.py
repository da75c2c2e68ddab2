"""Blocks that networks are assembled from, each a plugin by its class name."""

from .batch_norm import BatchNorm
from .cross_scale import CrossScaleFusion
from .dense_stack import DenseStack
from .inner_scale import InnerScaleBlock
from .recurrent import (
    ConvGRU,
    ConvLSTM,
    ConvRNN,
    ConvUnit,
    PlainConvGRU,
    PlainConvLSTM,
    RecurrentUnit,
)
from .residual import ResidualBlock
from .squeeze_excitation import SqueezeExcitation

__all__ = [
    "BatchNorm",
    "ConvGRU",
    "ConvLSTM",
    "ConvRNN",
    "ConvUnit",
    "CrossScaleFusion",
    "DenseStack",
    "InnerScaleBlock",
    "PlainConvGRU",
    "PlainConvLSTM",
    "RecurrentUnit",
    "ResidualBlock",
    "SqueezeExcitation",
]

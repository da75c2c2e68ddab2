"""Building blocks of networks, each registered under its class name."""

from .batch_norm import BatchNorm
from .cross_scale import CrossScaleFusion
from .dense_stack import DenseStack
from .guided_filter import GuidedFilter
from .inner_scale import InnerScaleBlock
from .non_local import NonLocalAttention
from .non_local_dense import NonLocalDenseBlock
from .recurrent import (
    ConvGRU,
    ConvLSTM,
    ConvRNN,
    ConvUnit,
    PlainConvGRU,
    PlainConvLSTM,
    RecurrentUnit,
)
from .residual import PreActivationBlock, ResidualBlock
from .squeeze_excitation import SqueezeExcitation

__all__ = [
    "BatchNorm",
    "ConvGRU",
    "ConvLSTM",
    "ConvRNN",
    "ConvUnit",
    "CrossScaleFusion",
    "DenseStack",
    "GuidedFilter",
    "InnerScaleBlock",
    "NonLocalAttention",
    "NonLocalDenseBlock",
    "PlainConvGRU",
    "PlainConvLSTM",
    "PreActivationBlock",
    "RecurrentUnit",
    "ResidualBlock",
    "SqueezeExcitation",
]

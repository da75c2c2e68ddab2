"""Faster forms of networks, blocks and losses, which compute the same.

:func:`accelerate` replaces every module that has a faster form. A form is a subclass of the
class that it replaces; :func:`register_fast_form` adds one.
"""

from . import (
    dense_stack,
    drsformer,
    fusion,
    implicit,
    networks,
    non_local,
    sequential,
    ssim,
    transformer,
)
from .forms import FastForm, accelerate, plain, register_fast_form

__all__ = [
    "FastForm",
    "accelerate",
    "dense_stack",
    "drsformer",
    "fusion",
    "implicit",
    "networks",
    "non_local",
    "plain",
    "register_fast_form",
    "sequential",
    "ssim",
    "transformer",
]

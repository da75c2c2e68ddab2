"""Checkpoints of SSIR (github.com/wwzjer/Semi-supervised-IRR), in TensorFlow 1."""

from __future__ import annotations

import re
from typing import Any

from .ddn import convert_tensorflow_ddn
from .source import ConvertedNetwork, SourceWeights
from .tensorflow import to_torch

#: Biases, scales and shifts of the branch for unlabelled images.
_UNLABELLED = re.compile(r"(conv_\d+_1)/")


def convert_ssir(content: Any, source: str) -> ConvertedNetwork:
    """Convert a checkpoint of the released training.

    The network is DDN's. The branch for unlabelled images shares its kernels but has its own
    biases, scales and shifts. The released test never uses them, and they are left out. (In
    both released checkpoints the last scales are nearly zero: that branch returns its input.)

    Args:
        content: NumPy arrays by TensorFlow's names.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released SSIR.
    """
    weights = SourceWeights(to_torch(content), source, "SSIR")
    branch = {found.group(0) for key in content if (found := _UNLABELLED.match(key))}
    if not branch:
        raise weights.error("it has no variables of unlabelled images (conv_1_1/…); is it DDN's?")
    dropped = weights.drop(*branch)
    network = convert_tensorflow_ddn(weights)
    return ConvertedNetwork(
        network.config,
        network.weights,
        {"unused_parameters_dropped": dropped},
        f"{network.summary} ({dropped:,} for unlabelled images in training are left out)",
        network.assumed,
    )

"""Checkpoints of DDN: the authors' MATLAB file, and re-trainings in TensorFlow 1."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from restorekit.errors import CheckpointError, MissingDependencyError

from .source import ConvertedNetwork, SourceWeights
from .tensorflow import read_tensorflow_checkpoint, to_torch

#: The lists in the MATLAB file's ``model``, each with an entry a layer.
_MATLAB_LISTS = (
    "weight",
    "bias",
    "BatchNorm_1",
    "BatchNorm_2",
    "BatchNorm_3",
    "Scale_1",
    "Scale_2",
)
#: The MATLAB release works on images in [0, 255].
_MATLAB_RANGE = 255.0
#: What its demo takes the base layer with.
_MATLAB_BASE = {"type": "GuidedFilter", "radius": 16, "subsampling": 4}


def read_ddn(path: str | os.PathLike[str]) -> dict[str, torch.Tensor]:
    """Read ``network.mat`` of the MATLAB release, or a TensorFlow checkpoint.

    Args:
        path: A file ending in ``.mat``; anything else is taken for the prefix of a
            TensorFlow checkpoint, or one of its files.

    Returns:
        Tensors by name: ``weight.0``, …, ``Scale_2.25`` of a MATLAB file as they are stored,
        or a checkpoint's variables in PyTorch's layout.

    Raises:
        CheckpointError: If it cannot be read.
        MissingDependencyError: If SciPy or TensorFlow is needed and not installed.
    """
    if Path(path).suffix == ".mat":
        return _read_matlab(path)
    return to_torch(read_tensorflow_checkpoint(path))


def convert_ddn(content: Any, source: str) -> ConvertedNetwork:
    """Convert what :func:`read_ddn` returns.

    The two releases differ in more than their form. The TensorFlow code (as re-trained for
    Rain200L, and in SSIR) has normalisation and ReLU after each convolution, normalises by
    the moments of the image at hand, and works on [0, 1]. The MATLAB network has them before
    the convolutions of its residual blocks, normalises by stored moments, works on
    [0, 255], which is folded into its first and last layers, and its demo takes the base
    layer with the fast guided filter. Both work on RGB images.

    Args:
        content: Tensors by name.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of DDN.
    """
    weights = SourceWeights(content, source, "DDN")
    if "Scale_1.0" in weights:
        return _convert_matlab(weights)
    return convert_tensorflow(weights)


def convert_tensorflow(weights: SourceWeights, facts: dict[str, Any] | None = None) -> Any:
    """Convert the variables of the TensorFlow network that DDN and SSIR share.

    Args:
        weights: The variables ``conv_1/weights_1``, … in PyTorch's layout.
        facts: What else is known of them.

    Raises:
        CheckpointError: If variables are missing or left.
    """
    num_layers = weights.count_from_one("conv_{0}/weights_{0}")
    config = _config(weights, "conv_1/weights_1", num_layers)
    config["norm"] = {"type": "BatchNorm", "image_moments": True}
    converted: dict[str, torch.Tensor] = {}
    for number, (conv, norm) in enumerate(_layers(config["num_blocks"]), start=1):
        for ours, theirs in (
            (f"{conv}.weight", "weights"),
            (f"{conv}.bias", "biases"),
            (f"{norm}.weight", "scale"),
            (f"{norm}.bias", "beta"),
        ):
            converted[ours] = weights.take(f"conv_{number}/{theirs}_{number}")
    weights.require_empty()
    return ConvertedNetwork(config, converted, facts or {}, _summary(config, converted))

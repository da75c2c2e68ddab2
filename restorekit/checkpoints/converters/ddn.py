"""Checkpoints of DDN: the authors' MATLAB file, and re-trainings in TensorFlow 1."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from restorekit.checkpoints.io import require_file
from restorekit.errors import CheckpointError

from .source import ConvertedNetwork, SourceWeights
from .tensorflow import read_tensorflow_checkpoint, tensorflow_data_file, to_torch

#: The lists in the MATLAB file's ``model``, each with one entry per layer.
_MATLAB_LISTS = (
    "weight",
    "bias",
    "BatchNorm_1",
    "BatchNorm_2",
    "BatchNorm_3",
    "Scale_1",
    "Scale_2",
)
#: The MATLAB network works on images in [0, 255].
_MATLAB_RANGE = 255.0


def read_ddn(path: str | os.PathLike[str]) -> dict[str, npt.NDArray[Any]]:
    """Read ``network.mat`` of the MATLAB release, or a TensorFlow checkpoint.

    Args:
        path: A file with the suffix ``.mat``, or the common prefix of the files of a
            TensorFlow checkpoint, or one of these files.

    Returns:
        The arrays as they are stored: ``weight.0``, …, ``Scale_2.25`` of a MATLAB file, or a
        checkpoint's variables by name.

    Raises:
        CheckpointError: If it cannot be read.
        MissingDependencyError: If TensorFlow is needed and not installed.
    """
    if Path(path).suffix == ".mat":
        return _read_matlab(require_file(path))
    return read_tensorflow_checkpoint(path)


def ddn_file(path: str) -> Path:
    """Return the file that holds the weights of what :func:`read_ddn` reads."""
    return Path(path) if Path(path).suffix == ".mat" else tensorflow_data_file(path)


def convert_ddn(content: Any, source: str) -> ConvertedNetwork:
    """Convert what :func:`read_ddn` returns.

    The two releases differ in more than their format. The TensorFlow network (re-trained by
    others for Rain200L) has normalisation and ReLU after each convolution, and normalises by
    the moments of the current image. The MATLAB network has them before the convolutions of
    its blocks, normalises by stored moments, and works on [0, 255], which is folded into its
    first and last layers here; its demo computes the base layer with the fast guided filter.
    Its kernels are stored transposed. Both work on RGB images.

    Args:
        content: NumPy arrays by name.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of DDN.
    """
    if "Scale_1.0" in content:
        arrays = {name: torch.from_numpy(array) for name, array in content.items()}
        return _convert_matlab(SourceWeights(arrays, source, "DDN"))
    return convert_tensorflow_ddn(SourceWeights(to_torch(content), source, "DDN"))


def convert_tensorflow_ddn(weights: SourceWeights) -> ConvertedNetwork:
    """Convert the variables ``conv_1/weights_1``, … of the network that DDN and SSIR share.

    Args:
        weights: The variables in PyTorch's layout.

    Raises:
        CheckpointError: If variables are missing or left over.
    """
    num_layers = 0
    while f"conv_{num_layers + 1}/weights_{num_layers + 1}" in weights:
        num_layers += 1
    config = _config(weights, "conv_1/weights_1", num_layers)
    assumed = {"norm": {"type": "BatchNorm", "image_moments": True}}
    config |= assumed
    converted: dict[str, torch.Tensor] = {}
    for number, (conv, norm) in enumerate(_layers(config["num_blocks"], (0, 1, 3, 4)), start=1):
        for ours, theirs in (
            (f"{conv}.weight", "weights"),
            (f"{conv}.bias", "biases"),
            (f"{norm}.weight", "scale"),
            (f"{norm}.bias", "beta"),
        ):
            converted[ours] = weights.take(f"conv_{number}/{theirs}_{number}")
    weights.require_empty()
    return ConvertedNetwork(config, converted, {}, _summary(config, converted), assumed)


def _convert_matlab(weights: SourceWeights) -> ConvertedNetwork:
    num_layers = weights.count("weight.{}")
    config = _config(weights, "weight.0", num_layers, in_channels=2, out_channels=3)
    assumed = {
        "block": "PreActivationBlock",
        "base_layer": {"type": "GuidedFilter", "radius": 16, "subsampling": 4},
    }
    config |= assumed
    converted: dict[str, torch.Tensor] = {}
    for number, (conv, norm) in enumerate(_layers(config["num_blocks"], (2, 0, 5, 3))):
        # Stored as (W, H, in, out).
        converted[f"{conv}.weight"] = weights.take(f"weight.{number}").permute(3, 2, 1, 0)
        converted[f"{conv}.bias"] = weights.take(f"bias.{number}")
        # As in Caffe, the file has running sums and their number.
        count = weights.take(f"BatchNorm_3.{number}")
        converted[f"{norm}.running_mean"] = weights.take(f"BatchNorm_1.{number}") / count
        converted[f"{norm}.running_var"] = weights.take(f"BatchNorm_2.{number}") / count
        converted[f"{norm}.num_batches_tracked"] = torch.tensor(0)
        converted[f"{norm}.weight"] = weights.take(f"Scale_1.{number}")
        converted[f"{norm}.bias"] = weights.take(f"Scale_2.{number}")
    weights.require_empty()
    converted["head.0.weight"] = converted["head.0.weight"] * _MATLAB_RANGE
    for part in ("weight", "bias"):
        converted[f"tail.1.{part}"] = converted[f"tail.1.{part}"] / _MATLAB_RANGE
    return ConvertedNetwork(config, converted, {}, _summary(config, converted), assumed)


def _config(
    weights: SourceWeights,
    first: str,
    num_layers: int,
    in_channels: int = 1,
    out_channels: int = 0,
) -> dict[str, Any]:
    """Return the parameters that both formats share, from the first convolution's shape.

    Args:
        weights: The tensors.
        first: Name of the first convolution's weight.
        num_layers: Number of convolutions.
        in_channels: Index of the weight's dimension of input channels.
        out_channels: Index of the weight's dimension of output channels.
    """
    shape = weights.shape(first)
    if len(shape) != 4 or shape[in_channels] != 3:
        raise weights.error(f"its {first!r} has the shape {shape}")
    if num_layers < 2 or num_layers % 2:
        raise weights.error(f"it has {num_layers} convolutions, and DDN an even number")
    return {"type": "DDN", "channels": shape[out_channels], "num_blocks": num_layers // 2 - 1}


def _layers(num_blocks: int, positions: tuple[int, int, int, int]) -> Iterator[tuple[str, str]]:
    """Yield restorekit's convolutions and normalisations in the order of the released layers.

    Args:
        num_blocks: Residual blocks.
        positions: Indices within a block of the first convolution and its normalisation, and
            of the second convolution and its normalisation.
    """
    yield "head.0", "head.1"
    for block in range(num_blocks):
        body = [f"blocks.{block}.body.{position}" for position in positions]
        yield body[0], body[1]
        yield body[2], body[3]
    yield "tail.0", "tail.1"


def _read_matlab(file: Path) -> dict[str, npt.NDArray[Any]]:
    from scipy.io import loadmat

    try:
        model = loadmat(file)["model"][0, 0]
        return {
            f"{name}.{layer}": _without_singletons(entry)
            for name in _MATLAB_LISTS
            for layer, entry in enumerate(model[name].ravel())
        }
    except Exception as error:
        # SciPy raises errors of many kinds for damaged files.
        raise CheckpointError(
            f"{file} is not the MATLAB file of DDN ({error}): it must hold the struct 'model' "
            f"with the lists {', '.join(_MATLAB_LISTS)}."
        ) from error


def _without_singletons(entry: Any) -> npt.NDArray[Any]:
    """Return MATLAB's row and column vectors, and its numbers, as vectors."""
    array = np.asarray(entry, dtype=np.float32)
    return array.ravel() if array.ndim == 2 else array


def _summary(config: Mapping[str, Any], weights: Mapping[str, torch.Tensor]) -> str:
    total = sum(w.numel() for key, w in weights.items() if key.endswith((".weight", ".bias")))
    moments = "of each image itself" if "norm" in config else "stored in training"
    return (
        f"DDN with {total:,} parameters: {config['channels']} channels, "
        f"{config['num_blocks']} blocks, normalised by the moments {moments}"
    )

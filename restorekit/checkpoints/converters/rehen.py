"""Checkpoints of the released REHEN (github.com/nnUyi/ReHEN), from TensorFlow 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from .source import ConvertedNetwork, SourceWeights
from .tensorflow import to_torch

#: Fixed in the released code, and not determined by the weights.
_ASSUMED = {"num_stages": 4}
_ROOT = "derainNet"
_BLOCK = f"{_ROOT}/ReHEB/ReHEB_{{}}"
#: Ends of the names of helper variables that TensorFlow's zero-debiased averages need.
_AVERAGING = ("/biased", "/local_step")
#: Convolutions of restorekit's recurrent unit, each with the released ones that make it up.
_GATES = {
    "conv_x": ("conv_xz", "conv_xn", "conv_xr"),
    "conv_h": ("conv_hz", "conv_hr"),
    "conv_n": ("conv_hn",),
}
#: The names of a batch normalisation's tensors here and in TensorFlow.
_NORM = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}


def convert_rehen(content: Any, source: str) -> ConvertedNetwork:
    """Convert the variables of a checkpoint that the released code saved.

    Channels and blocks are inferred from the weights; the released code has four stages. The
    released network works on BGR images; the input channels of the first unit and the output
    channels of the last convolution are reversed, so that restorekit's takes RGB. The running
    averages are kept, and testing uses them as the released code does.

    Args:
        content: NumPy arrays by TensorFlow's names.
        source: Name of the checkpoint, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released REHEN.
    """
    tensors = {
        name: tensor for name, tensor in to_torch(content).items() if not name.endswith(_AVERAGING)
    }
    weights = SourceWeights(tensors, source, "REHEN")
    config = _infer_config(weights)
    converted = {}
    for layer, theirs, ndim in _layout(config["num_blocks"]):
        for part, dimensions in (("weight", ndim), ("bias", 1)):
            keys = [f"{key}/{part}{'s' if part == 'weight' else 'es'}" for key in theirs]
            converted[f"{layer}.{part}"] = weights.take_together(*keys, ndim=dimensions)
    for parent, index, scope in _enhancements(config["num_blocks"]):
        norm = f"{parent}.{index + 1}"
        for part, name in _NORM.items():
            converted[f"{norm}.{part}"] = weights.take_together(f"{scope}/{name}", ndim=1)
        # PyTorch's count of training batches, which is not read with a fixed momentum.
        converted[f"{norm}.num_batches_tracked"] = torch.tensor(0)
    weights.require_empty()
    # BGR to RGB.
    converted["units.0.unit.conv_x.weight"] = converted["units.0.unit.conv_x.weight"].flip(1)
    for part in ("weight", "bias"):
        converted[f"head.3.{part}"] = converted[f"head.3.{part}"].flip(0)
    summary = _summary(config, converted)
    return ConvertedNetwork(config, converted, {}, summary, assumed=dict(_ASSUMED))


def _infer_config(weights: SourceWeights) -> dict[str, Any]:
    key = f"{_BLOCK.format(0)}/REU/conv_xz/weights"
    first = weights.shape(key)
    if first[1:] != [3, 3, 3]:
        raise weights.error(f"its {key!r} has the shape {first}")
    attention = f"{_BLOCK.format(0)}/SEBlock/fully_connected/weights"
    return {
        "type": "REHEN",
        "channels": first[0],
        "num_blocks": weights.count(f"{_BLOCK}/REU/conv_xz/weights"),
        "se_channels": weights.shape(attention)[0],
        **_ASSUMED,
    }


def _layout(num_blocks: int) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Yield restorekit's layers, each with the released ones, and the ndim of its weight."""
    attentions = {"head.1": f"{_ROOT}/RMG"}
    for index in range(num_blocks):
        scope = _BLOCK.format(index)
        for conv, gates in _GATES.items():
            yield f"units.{index}.unit.{conv}", tuple(f"{scope}/REU/{gate}" for gate in gates), 4
        attentions[f"units.{index}.unit.attention"] = scope
        if index:
            attentions[f"units.{index}.enhancement.fusion.2"] = f"{scope}/HEU/Trans"
    for parent, index, scope in _enhancements(num_blocks):
        yield f"{parent}.{index}", (f"{scope}/Conv",), 4
    for attention, scope in attentions.items():
        yield f"{attention}.squeeze", (f"{scope}/SEBlock/fully_connected",), 2
        yield f"{attention}.excite", (f"{scope}/SEBlock/fully_connected_1",), 2
    yield "head.0", (f"{_ROOT}/RMG/Conv",), 4
    yield "head.3", (f"{_ROOT}/RMG/Conv_1",), 4


def _enhancements(num_blocks: int) -> Iterator[tuple[str, int, str]]:
    """Yield each convolution with a normalisation: its parent, its index, the released scope."""
    for block in range(1, num_blocks):
        ours, theirs = f"units.{block}.enhancement", f"{_BLOCK.format(block)}/HEU"
        for residual in range(2):
            for conv in range(2):
                scope = f"{theirs}/ResBlock_{residual + 1}/Conv{conv + 1}"
                yield f"{ours}.blocks.{residual}.body", 3 * conv, scope
        yield f"{ours}.fusion", 0, f"{theirs}/Trans"


def _summary(config: Mapping[str, Any], weights: Mapping[str, torch.Tensor]) -> str:
    counted = (
        tensor.numel()
        for key, tensor in weights.items()
        if not key.endswith(("running_mean", "running_var", "num_batches_tracked"))
    )
    return (
        f"REHEN with {sum(counted):,} parameters: {config['channels']} channels, "
        f"{config['num_blocks']} blocks, squeeze-and-excitation of {config['se_channels']} "
        "channels, running averages of the batch normalisation; BGR reversed to RGB"
    )

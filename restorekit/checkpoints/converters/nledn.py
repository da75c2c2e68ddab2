"""Checkpoints of the released NLEDN (github.com/AlexHex7/NLEDN)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from .source import ConvertedNetwork, SourceWeights

#: The released grids, which the weights do not determine: cells along a side, full size first.
_GRIDS = (8, 4, 2)
_ENCODER = ("up_1", "up_2", "up_3")
#: The levels that have a block, full size first.
_DECODER = ("down_1", "down_2")
#: The names of an attention's convolutions here and in the released code.
_ATTENTION = {"theta": "theta", "phi": "phi.0", "g": "g.0", "out": "W"}


def convert_nledn(content: Any, source: str) -> ConvertedNetwork:
    """Convert a released state dict.

    Channels, growth and the number of layers are inferred from the weights. The released
    network works on RGB images in [0, 1], as restorekit's does, and predicts the rain.

    Args:
        content: The state dict, with or without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released NLEDN.
    """
    weights = SourceWeights(content, source, "NLEDN")
    first = weights.shape("conv1.weight")
    growth = weights.shape("down_3.group_0.0.weight")
    if len(first) != 4 or first[1:] != [3, 3, 3] or len(growth) != 4:
        raise weights.error(f"its 'conv1.weight' has the shape {first}")
    num_layers = weights.count("down_3.group_{}.0.weight")
    config = {
        "type": "NLEDN",
        "channels": first[0],
        "growth": growth[0],
        "num_layers": num_layers,
        "grids": list(_GRIDS),
    }
    converted: dict[str, torch.Tensor] = {}
    for ours, theirs in _layout(num_layers):
        for part in ("weight", "bias"):
            converted[f"{ours}.{part}"] = weights.take(f"{theirs}.{part}")
    weights.require_empty()
    total = sum(weight.numel() for weight in converted.values())
    summary = (
        f"NLEDN with {total:,} parameters: {config['channels']} channels, dense blocks of "
        f"{num_layers} layers that add {config['growth']} each"
    )
    return ConvertedNetwork(config, converted, {}, summary, {"grids": config["grids"]})


def _layout(num_layers: int) -> Iterator[tuple[str, str]]:
    """Yield restorekit's layers, each with the released one."""
    yield "head", "conv1"
    yield "entry", "conv2"
    for level, name in enumerate(_ENCODER):
        yield from _block(f"encoder.{level}", name, "region_non_local.non_local_block", num_layers)
    yield from _block("bottom", "down_3", "non_local", num_layers)
    for level, name in enumerate(_DECODER):
        # A released fusion has the number of the level whose block follows it.
        yield f"fusions.{level}", f"{name}_fusion"
        yield from _block(f"decoder.{level}", name, "region_non_local.non_local_block", num_layers)
    yield "exit.0", "fusion.0"
    yield "exit.1", "fusion.1"
    yield "tail.0", "final_conv.0"


def _block(ours: str, theirs: str, attention: str, num_layers: int) -> Iterator[tuple[str, str]]:
    for part, their_part in _ATTENTION.items():
        yield f"{ours}.attention.{part}", f"{theirs}.{attention}.{their_part}"
    for layer in range(num_layers):
        yield f"{ours}.layers.{layer}.0", f"{theirs}.group_{layer}.0"
    yield f"{ours}.fusion", f"{theirs}.fusion.0"

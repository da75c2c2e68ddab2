"""Checkpoints of the released IDT (github.com/jiexiaou/IDT)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch

from .source import ConvertedNetwork, SourceWeights

#: The released names of the nine stages, and ours.
_STAGES = (
    *((f"encoderlayer_{i}", f"encoder.{i}") for i in range(4)),
    ("bottle", "bottom"),
    *((f"decoderlayer_{i}", f"decoder.{i}") for i in range(4)),
)
_RESIZING = (
    *((f"dowsample_{i}.conv.0", f"down.{i}") for i in range(4)),
    *((f"upsample_{i}.deconv.0", f"up.{i}") for i in range(4)),
)
_PARTS = ("weight", "bias")


def convert_idt(content: Any, source: str) -> ConvertedNetwork:
    """Convert a released checkpoint of IDT.

    Everything that has an effect in testing is read off the weights.

    Args:
        content: The state dict, or what contains it; with or without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released IDT.
    """
    weights = SourceWeights(content, source, "IDT")
    config = _infer_config(weights)
    converted: dict[str, torch.Tensor] = {}
    shell = (("input_proj.proj.0", "head"), ("output_proj.proj.0", "tail"), *_RESIZING)
    for theirs, ours in shell:
        converted.update(_layer(weights, theirs, ours))
    for (theirs, ours), windowed in zip(_STAGES, config["num_blocks"], strict=True):
        for index in range(windowed):
            converted.update(_block(weights, f"{theirs}.blocks.{index}", f"{ours}.{index}", True))
        if theirs != "bottle":
            last = f"{theirs}.blocks.{windowed}"
            converted.update(_block(weights, last, f"{ours}.{windowed}", False))
    weights.require_empty()
    total = sum(value.numel() for value in converted.values())
    summary = (
        f"IDT with {total:,} parameters: {config['channels']} channels, {config['num_blocks']} "
        f"blocks with {config['num_heads']} heads, windows of {config['window_size']} pixels"
    )
    return ConvertedNetwork(config, converted, weights.facts, summary)


def _infer_config(weights: SourceWeights) -> dict[str, Any]:
    channels = weights.shape("input_proj.proj.0.weight")[0]
    # Spatial blocks have no first norm.
    num_blocks = [weights.count(f"{stage}.blocks.{{}}.norm1.weight") for stage, _ in _STAGES]
    if not all(num_blocks):
        raise weights.error(f"its stages have {num_blocks} window blocks")
    tables = [
        weights.shape(f"{stage}.blocks.0.attn.relative_position_bias_table") for stage, _ in _STAGES
    ]
    hidden = weights.shape(f"{_STAGES[0][0]}.blocks.0.mlp.linear1.0.weight")[0]
    return {
        "type": "IDT",
        "channels": channels,
        "num_blocks": num_blocks,
        "num_heads": [table[1] for table in tables],
        # A row for each offset between two pixels of a window.
        "window_size": (math.isqrt(tables[0][0]) + 1) // 2,
        "ffn_factor": hidden / channels,
    }


def _block(
    weights: SourceWeights, theirs: str, ours: str, windowed: bool
) -> Iterator[tuple[str, torch.Tensor]]:
    norms = {"norm1": "norm1", "norm2": "norm2"} if windowed else {"norm2": "norm"}
    for their_norm, our_norm in norms.items():
        for part in _PARTS:
            yield f"{ours}.{our_norm}.{part}", weights.take(f"{theirs}.{their_norm}.{part}")
    attention = f"{theirs}.attn"
    for part in _PARTS:
        names = [f"{attention}.qkv.{name}.{part}" for name in ("to_q", "to_kv")]
        joined = weights.take_together(*names, ndim=2 if part == "weight" else 1)
        yield f"{ours}.attention.expand.{part}", _as_convolution(joined)
    table = weights.take(f"{attention}.relative_position_bias_table")
    yield f"{ours}.attention.bias.table", table
    for layer in (0, 1):
        yield from _layer(
            weights, f"{attention}.Position_Extract.{layer}", f"{ours}.attention.position.{layer}"
        )
    yield from _layer(weights, f"{attention}.proj", f"{ours}.attention.out")
    for their_layer, our_layer in (("linear1", "expand"), ("dwconv", "local"), ("linear2", "out")):
        yield from _layer(
            weights, f"{theirs}.mlp.{their_layer}.0", f"{ours}.feed_forward.{our_layer}"
        )


def _layer(weights: SourceWeights, theirs: str, ours: str) -> Iterator[tuple[str, torch.Tensor]]:
    for part in _PARTS:
        yield f"{ours}.{part}", _as_convolution(weights.take(f"{theirs}.{part}"))


def _as_convolution(parameter: torch.Tensor) -> torch.Tensor:
    """Return the weights of a linear layer as those of a 1×1 convolution."""
    return parameter[..., None, None] if parameter.ndim == 2 else parameter

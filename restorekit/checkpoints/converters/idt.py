"""Checkpoints of the released IDT (github.com/jiexiaou/IDT)."""

from __future__ import annotations

import math
from typing import Any

from .source import ConvertedNetwork, SourceWeights
from .windows import Parameters, attention, feed_forward, layer, norm, shell, stage_names

#: The released names of the nine stages, and ours.
_STAGES = stage_names("bottle")


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
    converted = dict(shell(weights))
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


def _block(weights: SourceWeights, theirs: str, ours: str, windowed: bool) -> Parameters:
    norms = {"norm1": "norm1", "norm2": "norm2"} if windowed else {"norm2": "norm"}
    for their_norm, our_norm in norms.items():
        yield from norm(weights, f"{theirs}.{their_norm}", f"{ours}.{our_norm}")
    yield from attention(weights, f"{theirs}.attn", f"{ours}.attention")
    for index in (0, 1):
        extract = f"{theirs}.attn.Position_Extract.{index}"
        yield from layer(weights, extract, f"{ours}.attention.position.{index}")
    yield from feed_forward(weights, f"{theirs}.mlp", f"{ours}.feed_forward")

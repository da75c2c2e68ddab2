"""Checkpoints of the released IDT (github.com/jiexiaou/IDT)."""

from __future__ import annotations

from typing import Any

from .source import ConvertedNetwork, SourceWeights
from .windows import (
    Parameters,
    attention,
    details,
    feed_forward,
    infer_config,
    layer,
    norm,
    shell,
    stage_names,
)

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
    config = infer_config(weights, "IDT", _STAGES)
    converted = dict(shell(weights))
    for (theirs, ours), windowed in zip(_STAGES, config["num_blocks"], strict=True):
        for index in range(windowed):
            converted.update(_block(weights, f"{theirs}.blocks.{index}", f"{ours}.{index}", True))
        if theirs != "bottle":
            last = f"{theirs}.blocks.{windowed}"
            converted.update(_block(weights, last, f"{ours}.{windowed}", False))
    return weights.finish(config, converted, details(config))


def _block(weights: SourceWeights, theirs: str, ours: str, windowed: bool) -> Parameters:
    norms = {"norm1": "norm1", "norm2": "norm2"} if windowed else {"norm2": "norm"}
    for their_norm, our_norm in norms.items():
        yield from norm(weights, f"{theirs}.{their_norm}", f"{ours}.{our_norm}")
    yield from attention(weights, f"{theirs}.attn", f"{ours}.attention")
    for index in (0, 1):
        extract = f"{theirs}.attn.Position_Extract.{index}"
        yield from layer(weights, extract, f"{ours}.attention.position.{index}")
    yield from feed_forward(weights, f"{theirs}.mlp", f"{ours}.feed_forward")

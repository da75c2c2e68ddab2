"""Checkpoints of the released Uformer (github.com/ZhendongWang6/Uformer)."""

from __future__ import annotations

from typing import Any

from .source import ConvertedNetwork, SourceWeights
from .windows import (
    Parameters,
    attention,
    details,
    feed_forward,
    infer_config,
    norm,
    shell,
    stage_names,
)

_STAGES = stage_names("conv")


def convert_uformer(content: Any, source: str) -> ConvertedNetwork:
    """Convert a checkpoint of the released Uformer with modulators, of any size.

    Everything that has an effect in testing is read off the weights, but for the shift at the
    smallest size: the released tests do without.

    Args:
        content: A dict with the state dict under ``state_dict``, or the state dict; with or
            without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released Uformer.
    """
    weights = SourceWeights(content, source, "Uformer")
    config = infer_config(weights, "Uformer", _STAGES)
    converted = dict(shell(weights))
    for (theirs, ours), count in zip(_STAGES, config["num_blocks"], strict=True):
        for index in range(count):
            block = f"{theirs}.blocks.{index}"
            # A table of positions, which restorekit computes.
            weights.drop(f"{block}.attn.relative_position_index")
            converted.update(_block(weights, block, f"{ours}.{index}", config["window_size"]))
    return weights.finish(config, converted, details(config), assumed={"shift_bottom": False})


def _block(weights: SourceWeights, theirs: str, ours: str, window_size: int) -> Parameters:
    for part in ("norm1", "norm2"):
        yield from norm(weights, f"{theirs}.{part}", f"{ours}.{part}")
    if ours.startswith("decoder."):
        # A row for each pixel of a window.
        modulator = weights.take(f"{theirs}.modulator.weight").T
        yield f"{ours}.modulator", modulator.reshape(-1, window_size, window_size)
    yield from attention(weights, f"{theirs}.attn", f"{ours}.attention")
    yield from feed_forward(weights, f"{theirs}.mlp", f"{ours}.feed_forward")

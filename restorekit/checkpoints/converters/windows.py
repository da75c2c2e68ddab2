"""What released checkpoints of Uformer and its descendant IDT have in common."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from .source import SourceWeights

_PARTS = ("weight", "bias")
#: The released names of the layers outside of the stages, and ours.
_SHELL = (
    ("input_proj.proj.0", "head"),
    ("output_proj.proj.0", "tail"),
    *((f"dowsample_{i}.conv.0", f"down.{i}") for i in range(4)),
    *((f"upsample_{i}.deconv.0", f"up.{i}") for i in range(4)),
)

Parameters = Iterator[tuple[str, torch.Tensor]]


def stage_names(bottom: str) -> tuple[tuple[str, str], ...]:
    """Return the released name and ours of each of the nine stages.

    Args:
        bottom: What the released code calls the stage of the smallest size.
    """
    return (
        *((f"encoderlayer_{i}", f"encoder.{i}") for i in range(4)),
        (bottom, "bottom"),
        *((f"decoderlayer_{i}", f"decoder.{i}") for i in range(4)),
    )


def infer_config(
    weights: SourceWeights, network: str, stages: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """Return the config of a network, as far as both have the same parameters.

    Args:
        weights: The released weights.
        network: Name of restorekit's network.
        stages: See :func:`stage_names`.

    Raises:
        CheckpointError: If a stage has no block, or what tells a parameter is missing.
    """
    channels = weights.shape("input_proj.proj.0.weight")[0]
    names = [theirs for theirs, _ in stages]
    # IDT's spatial blocks have no first norm, and are not counted.
    num_blocks = [weights.count(f"{stage}.blocks.{{}}.norm1.weight") for stage in names]
    if not all(num_blocks):
        raise weights.error(f"its stages have {num_blocks} window blocks")
    tables = [
        weights.shape(f"{stage}.blocks.0.attn.relative_position_bias_table") for stage in names
    ]
    hidden = weights.shape(f"{names[0]}.blocks.0.mlp.linear1.0.weight")[0]
    return {
        "type": network,
        "channels": channels,
        "num_blocks": num_blocks,
        "num_heads": [table[1] for table in tables],
        # A row for each offset between two pixels of a window.
        "window_size": (math.isqrt(tables[0][0]) + 1) // 2,
        "ffn_factor": hidden / channels,
    }


def details(config: dict[str, Any]) -> str:
    """Return what describes a network with this config; see :func:`infer_config`."""
    return (
        f"{config['channels']} channels, {config['num_blocks']} blocks with "
        f"{config['num_heads']} heads, windows of {config['window_size']} pixels"
    )


def shell(weights: SourceWeights) -> Parameters:
    """Yield our parameters outside of the stages."""
    for theirs, ours in _SHELL:
        yield from layer(weights, theirs, ours)


def norm(weights: SourceWeights, theirs: str, ours: str) -> Parameters:
    """Yield our parameters of a norm over channels."""
    for part in _PARTS:
        yield f"{ours}.{part}", weights.take(f"{theirs}.{part}")


def attention(weights: SourceWeights, theirs: str, ours: str) -> Parameters:
    """Yield our parameters of an attention: projections, and a number for each offset."""
    for part in _PARTS:
        names = [f"{theirs}.qkv.{name}.{part}" for name in ("to_q", "to_kv")]
        joined = weights.take_together(*names, ndim=2 if part == "weight" else 1)
        yield f"{ours}.expand.{part}", _as_convolution(joined)
    yield f"{ours}.bias.table", weights.take(f"{theirs}.relative_position_bias_table")
    yield from layer(weights, f"{theirs}.proj", f"{ours}.out")


def feed_forward(weights: SourceWeights, theirs: str, ours: str) -> Parameters:
    """Yield our parameters of a feed-forward part."""
    for their_layer, our_layer in (("linear1", "expand"), ("dwconv", "local"), ("linear2", "out")):
        yield from layer(weights, f"{theirs}.{their_layer}.0", f"{ours}.{our_layer}")


def layer(weights: SourceWeights, theirs: str, ours: str) -> Parameters:
    """Yield our parameters of a convolution, or of a linear layer as a 1×1 convolution."""
    for part in _PARTS:
        yield f"{ours}.{part}", _as_convolution(weights.take(f"{theirs}.{part}"))


def _as_convolution(parameter: torch.Tensor) -> torch.Tensor:
    """Return the weights of a linear layer as those of a 1×1 convolution."""
    return parameter[..., None, None] if parameter.ndim == 2 else parameter

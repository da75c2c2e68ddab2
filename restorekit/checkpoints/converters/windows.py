"""What released checkpoints of Uformer and its descendant IDT have in common."""

from __future__ import annotations

from collections.abc import Iterator

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

"""Checkpoints of the released DRSformer (github.com/cschenxiang/DRSformer)."""

from __future__ import annotations

from typing import Any

from .source import ConvertedNetwork, SourceWeights
from .transformer import (
    Names,
    attention_names,
    encoder_decoder_blocks,
    encoder_decoder_names,
    infer_encoder_decoder,
    norm_names,
)

#: Names of the four factors of an attention.
_FACTORS = ("attn1", "attn2", "attn3", "attn4")
#: The layers of each operation of a mixture that have weights; the last operation has none.
_OPERATIONS = ((0, 1, 3, 4),) * 4 + ((0, 1),) * 3


def convert_drsformer(content: Any, source: str) -> ConvertedNetwork:
    """Convert a released checkpoint, with or without the mixtures of operations.

    Everything is read off the weights.

    Args:
        content: A dict with the state dict under ``params``, or the state dict; with or
            without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released DRSformer.
    """
    weights = SourceWeights(content, source, "DRSformer")
    mixtures = "encoder_level0.layers.1.preprocess.op.0.weight" in weights
    config = {"type": "DRSformer", **infer_encoder_decoder(weights), "mixtures": mixtures}
    converted = weights.rename(encoder_decoder_names(len(config["num_blocks"])))
    for ours, theirs in encoder_decoder_blocks(config["num_blocks"]):
        converted.update(weights.rename(_block_names(ours, theirs)))
        # They keep each factor by itself.
        factors = [f"{theirs}.attn.{factor}" for factor in _FACTORS]
        converted[f"{ours}.attention.factors"] = weights.take_together(*factors, ndim=1)
    if mixtures:
        num_steps = weights.count("refinement.layers.1._ops.{}._out.0.weight")
        for ours, theirs in (("mixture", "encoder_level0"), ("refinement", "refinement")):
            converted.update(weights.rename(mixture_names(ours, theirs, num_steps)))
    details = (
        f"{config['channels']} channels, "
        f"{config['num_blocks']} blocks with {config['num_heads']} heads, "
        f"{'with' if mixtures else 'without'} mixtures of operations"
    )
    return weights.finish(config, converted, details)


def _block_names(ours: str, theirs: str) -> Names:
    yield from norm_names(f"{ours}.norm1", f"{theirs}.norm1")
    yield from attention_names(f"{ours}.attention", f"{theirs}.attn")
    yield from norm_names(f"{ours}.norm2", f"{theirs}.norm2")
    ours, theirs = f"{ours}.feed_forward", f"{theirs}.ffn"
    yield f"{ours}.expand.weight", f"{theirs}.project_in.weight"
    for index, side in enumerate(("3x3", "5x5")):
        yield f"{ours}.first.{index}.weight", f"{theirs}.dwconv{side}.weight"
        yield f"{ours}.second.{index}.weight", f"{theirs}.dwconv{side}_1.weight"
    yield f"{ours}.out.weight", f"{theirs}.project_out.weight"


def mixture_names(ours: str, theirs: str, num_steps: int) -> Names:
    """Yield our name and the released one of a mixture, also of HCT-FFN's."""
    for layer in (0, 2):
        for part in ("weight", "bias"):
            yield f"{ours}.weights.{layer}.{part}", f"{theirs}.layers.0.ca_fc.{layer}.{part}"
    theirs = f"{theirs}.layers.1"
    yield f"{ours}.head.weight", f"{theirs}.preprocess.op.0.weight"
    for step in range(num_steps):
        for operation, layers in enumerate(_OPERATIONS):
            for layer in layers:
                yield (
                    f"{ours}.steps.{step}.operations.{operation}.{layer}.weight",
                    f"{theirs}._ops.{step}._ops.{operation}.op.{layer}.weight",
                )
        yield f"{ours}.steps.{step}.merge.weight", f"{theirs}._ops.{step}._out.0.weight"

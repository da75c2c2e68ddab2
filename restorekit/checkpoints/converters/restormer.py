"""Checkpoints of the released Restormer (github.com/swz30/Restormer)."""

from __future__ import annotations

from typing import Any

from .source import ACADEMIC_LICENCE, ConvertedNetwork, SourceWeights
from .transformer import (
    Names,
    encoder_decoder_blocks,
    encoder_decoder_names,
    infer_encoder_decoder,
    restormer_block_names,
)


def convert_restormer(content: Any, source: str) -> ConvertedNetwork:
    """Convert a released checkpoint, for deraining or another task on RGB images.

    Everything is read off the weights.

    Args:
        content: A dict with the state dict under ``params``, or the state dict; with or
            without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released Restormer.
    """
    weights = SourceWeights(content, source, "Restormer")
    config = {
        "type": "Restormer",
        **infer_encoder_decoder(weights),
        "num_refinement_blocks": weights.count("refinement.{}.norm1.body.weight"),
        "norm_bias": "latent.0.norm1.body.bias" in weights,
    }
    converted = weights.rename(_names(config))
    details = (
        f"{config['channels']} channels, "
        f"{config['num_blocks']} blocks with {config['num_heads']} heads, "
        f"{config['num_refinement_blocks']} for refinement, norms "
        f"{'with' if config['norm_bias'] else 'without'} bias"
    )
    return weights.finish(config, converted, details, facts={"licence": ACADEMIC_LICENCE})


def _names(config: dict[str, Any]) -> Names:
    """Yield our name of each parameter and the released one."""
    yield from encoder_decoder_names(len(config["num_blocks"]))
    blocks = list(encoder_decoder_blocks(config["num_blocks"]))
    blocks += [(f"refinement.{i}",) * 2 for i in range(config["num_refinement_blocks"])]
    for ours, theirs in blocks:
        yield from restormer_block_names(ours, theirs, config["norm_bias"])

"""Checkpoints of the released BioIR (github.com/c-yn/BioIR)."""

from __future__ import annotations

from typing import Any

from .source import ConvertedNetwork, SourceWeights
from .transformer import Names, infer_ffn_factor, norm_names

#: Ours and the released parameters of a block, without those of its norms.
_BLOCK = {
    "attention.expand.0.weight": "attn.conv.weight",
    "attention.expand.1.weight": "attn.dw.weight",
    "attention.to_fovea.kernels.weight": "attn.l2h.conv.weight",
    "attention.to_fovea.kernels.bias": "attn.l2h.conv.bias",
    "attention.to_periphery.details.weight": "attn.h2l.dw.weight",
    "attention.to_periphery.details.bias": "attn.h2l.dw.bias",
    "attention.to_periphery.kernels.weight": "attn.h2l.cv2.weight",
    "attention.to_periphery.kernels.bias": "attn.h2l.cv2.bias",
    "attention.out.weight": "attn.project_out.weight",
    "feed_forward.expand.0.weight": "ffn.project_in.weight",
    "feed_forward.expand.1.weight": "ffn.dwconv.weight",
    "feed_forward.out.weight": "ffn.project_out.weight",
}
#: Ours and the released parameters outside of the blocks.
_SHELL = {
    "head.weight": "patch_embed.proj.weight",
    "down.0.1.weight": "down1_2.body.1.weight",
    "down.1.1.weight": "down2_3.body.1.weight",
    "up.0.1.weight": "up2_1.body.1.weight",
    "up.1.1.weight": "up3_2.body.1.weight",
    "reduce.0.weight": "fuse1.conv.weight",
    "reduce.0.bias": "fuse1.conv.bias",
    "reduce.1.weight": "fuse2.conv.weight",
    "reduce.1.bias": "fuse2.conv.bias",
    "tail.weight": "output.weight",
}


def convert_bioir(content: Any, source: str) -> ConvertedNetwork:
    """Convert a checkpoint of the released BioIR, for deraining or another task on RGB images.

    Everything is read off the weights. A layer that the released network never uses is dropped.

    Args:
        content: A dict with the state dict under ``params``, or the state dict; with or
            without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released BioIR.
    """
    weights = SourceWeights(content, source, "BioIR")
    config = _infer_config(weights)
    dropped = weights.drop("reduce_chan_level2.")
    converted = weights.rename(_names(config))
    details = (
        f"{config['channels']} channels, {config['num_blocks']} blocks, "
        f"{config['num_refinement_blocks']} for refinement"
    )
    return weights.finish(config, converted, details, dropped=dropped)


def _infer_config(weights: SourceWeights) -> dict[str, Any]:
    first = weights.shape("patch_embed.proj.weight")
    if first[1:] != [3, 3, 3]:
        raise weights.error(f"its 'patch_embed.proj.weight' has the shape {first}")
    levels = range(1, 4)
    encoder, decoder = (
        [weights.count(f"{part}_level{level}" + ".{}.norm1.body.weight") for level in levels]
        for part in ("encoder", "decoder")
    )
    if encoder != decoder or not all(encoder):
        raise weights.error(f"its levels have {encoder} and {decoder} blocks")
    return {
        "type": "BioIR",
        "channels": first[0],
        "num_blocks": encoder,
        "num_refinement_blocks": weights.count("refinement.{}.norm1.body.weight"),
        "ffn_factor": infer_ffn_factor(
            weights,
            [f"encoder_level{level}.0.ffn.project_in.weight" for level in levels],
            [first[0] << (level - 1) for level in levels],
            usual=3,
        ),
    }


def _names(config: dict[str, Any]) -> Names:
    """Yield our name of each parameter and the released one."""
    yield from _SHELL.items()
    blocks = [
        (f"{part}.{level}.{index}", f"{part}_level{level + 1}.{index}")
        for part in ("encoder", "decoder")
        for level, count in enumerate(config["num_blocks"])
        for index in range(count)
    ]
    blocks += [(f"refinement.{i}",) * 2 for i in range(config["num_refinement_blocks"])]
    for ours, theirs in blocks:
        for norm in ("norm1", "norm2"):
            yield from norm_names(f"{ours}.{norm}", f"{theirs}.{norm}")
        for name, released in _BLOCK.items():
            yield f"{ours}.{name}", f"{theirs}.{released}"

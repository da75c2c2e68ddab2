"""Checkpoints of the released NeRD-Rain (github.com/cschenxiang/NeRD-Rain)."""

from __future__ import annotations

from typing import Any

from .source import ConvertedNetwork, SourceWeights
from .transformer import Names, infer_levels, restormer_block_names

#: Ours and the released names of the encoder-decoders of each size; a part of its encoder or
#: decoder ends in the second, and a resizing layer in the third.
_NETWORKS = {
    "quarter": (("small", "small"),),
    "half": (("mid1", "mid"), ("mid2", "mid2")),
    "full": (("max1", "max"), ("max2", "max2"), ("max3", "max3")),
}
#: Ours and the released names of single convolutions without bias.
_CONVOLUTIONS = {
    "quarter_head": "patch_embed_small.proj",
    "quarter_tail": "output_small",
    "half_head": "patch_embed_mid.proj",
    "half_contexts.0": "output_mid_context",
    "half_tail": "output_mid",
    "full_head": "patch_embed_max.proj",
    "full_contexts.0": "output_max_context1",
    "full_contexts.1": "output_max_context2",
    "tail": "output_max",
    "quarter_implicit.0.0": "upsmall2mid1.body.0",
    "quarter_implicit.1.0": "upsmall2mid2.body.0",
    "half_implicit.0.0": "upmid2max1.body.0",
    "half_implicit.1.0": "upmid2max2.body.0",
}
#: Ours and the released names of layers with bias.
_LAYERS = {
    **{f"quarter_implicit.2.layers.{i}": f"INR.imnet.layers.{2 * i}" for i in range(4)},
    **{f"half_implicit.2.layers.{i}": f"INR2.imnet.layers.{2 * i}" for i in range(4)},
    **{
        f"{ours}.{our_layer}": f"{theirs}.{their_layer}"
        for ours, theirs in (
            ("full_fusions.0", "BF1"),
            ("full_fusions.1", "BF2"),
            ("half_fusion", "BF3"),
        )
        for our_layer, their_layer in (
            ("query", "query_conv"),
            ("key", "key_conv"),
            ("gates.0", "gamma1"),
            ("gates.1", "gamma2"),
        )
    },
}
#: Registered and never used by the released network.
_UNUSED = "reduce_chan_level1_max3."


def convert_nerd_rain(content: Any, source: str) -> ConvertedNetwork:
    """Convert a released checkpoint of NeRD-Rain or NeRD-Rain-S.

    Everything is read off the weights. A convolution that the released network never uses is
    dropped.

    Args:
        content: A dict with the state dict under ``state_dict``, or the state dict; with or
            without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released NeRD-Rain.
    """
    weights = SourceWeights(content, source, "NeRD-Rain")
    config = _infer_config(weights)
    converted = weights.rename(_names(config["num_blocks"]))
    # The second and the third decoder at full size share it.
    shared = "full_decoders.{}.reduce.0.weight"
    converted[shared.format(2)] = converted[shared.format(1)]
    dropped = weights.drop(_UNUSED)
    weights.require_empty()
    total = sum(value.numel() for key, value in converted.items() if key != shared.format(2))
    summary = (
        f"NeRD-Rain with {total:,} parameters ({dropped:,} that never take part are left out): "
        f"{config['channels']} channels, {config['num_blocks']} blocks with "
        f"{config['num_heads']} heads"
    )
    facts = {**weights.facts, "unused_parameters_dropped": dropped}
    return ConvertedNetwork(config, converted, facts, summary)


def _infer_config(weights: SourceWeights) -> dict[str, Any]:
    levels = ("encoder_level1_small", "encoder_level2_small", "latent_small")
    return {
        "type": "NeRDRain",
        **infer_levels(weights, "patch_embed_small.proj.weight", levels),
        "implicit_channels": weights.shape("INR.imnet.layers.0.weight")[0],
    }


def _names(num_blocks: list[int]) -> Names:
    """Yield our name of each parameter and the released one."""
    for ours, theirs in _CONVOLUTIONS.items():
        yield f"{ours}.weight", f"{theirs}.weight"
    for ours, theirs in _LAYERS.items():
        for part in ("weight", "bias"):
            yield f"{ours}.{part}", f"{theirs}.{part}"
    for size, networks in _NETWORKS.items():
        for index, (network, resizing) in enumerate(networks):
            encoder, decoder = f"{size}_encoders.{index}", f"{size}_decoders.{index}"
            yield from _blocks(encoder, decoder, network, num_blocks)
            for level in range(len(num_blocks) - 1):
                this, below = level + 1, level + 2
                down = f"down{this}_{below}_{resizing}.body.0.weight"
                yield f"{encoder}.down.{level}.0.weight", down
                up = f"up{below}_{this}_{resizing}.body.0.weight"
                yield f"{decoder}.up.{level}.0.weight", up
                reduction = f"reduce_chan_level{this}_{network}."
                if reduction != _UNUSED:
                    yield f"{decoder}.reduce.{level}.weight", f"{reduction}weight"


def _blocks(encoder: str, decoder: str, network: str, num_blocks: list[int]) -> Names:
    bottom = len(num_blocks) - 1
    for level, count in enumerate(num_blocks):
        for index in range(count):
            part = "latent" if level == bottom else f"encoder_level{level + 1}"
            pairs = [(f"{encoder}.levels.{level}.{index}", f"{part}_{network}.{index}")]
            if level < bottom:
                theirs = f"decoder_level{level + 1}_{network}.{index}"
                pairs.append((f"{decoder}.levels.{level}.{index}", theirs))
            for ours, theirs in pairs:
                yield from restormer_block_names(ours, theirs, depthwise_suffix=".main.0")

"""What released checkpoints of Restormer and its descendants have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

from .source import SourceWeights

Names = Iterator[tuple[str, str]]


def norm_names(ours: str, theirs: str, bias: bool = True) -> Names:
    """Yield our name and the released one of each parameter of a norm over channels."""
    for part in ("weight", "bias") if bias else ("weight",):
        yield f"{ours}.{part}", f"{theirs}.body.{part}"


def attention_names(ours: str, theirs: str, depthwise: str = "qkv_dwconv") -> Names:
    """Yield our name and the released one of each parameter of a transposed attention.

    Args:
        ours: Our name of the attention.
        theirs: The released one.
        depthwise: What the released one calls its depthwise convolution.
    """
    yield f"{ours}.temperature", f"{theirs}.temperature"
    yield f"{ours}.qkv.0.weight", f"{theirs}.qkv.weight"
    yield f"{ours}.qkv.1.weight", f"{theirs}.{depthwise}.weight"
    yield f"{ours}.out.weight", f"{theirs}.project_out.weight"


def restormer_block_names(
    ours: str, theirs: str, norm_bias: bool = True, depthwise_suffix: str = ""
) -> Names:
    """Yield our name and the released one of each parameter of a Restormer block.

    Args:
        ours: Our name of the block.
        theirs: The released one.
        norm_bias: Whether its norms have a bias.
        depthwise_suffix: What the released names of depthwise convolutions end in.
    """
    yield from norm_names(f"{ours}.norm1", f"{theirs}.norm1", norm_bias)
    attention = f"{theirs}.attn"
    yield from attention_names(f"{ours}.attention", attention, f"qkv_dwconv{depthwise_suffix}")
    yield from norm_names(f"{ours}.norm2", f"{theirs}.norm2", norm_bias)
    yield f"{ours}.feed_forward.expand.0.weight", f"{theirs}.ffn.project_in.weight"
    yield f"{ours}.feed_forward.expand.1.weight", f"{theirs}.ffn.dwconv{depthwise_suffix}.weight"
    yield f"{ours}.feed_forward.out.weight", f"{theirs}.ffn.project_out.weight"


def infer_ffn_factor(
    weights: SourceWeights, keys: Sequence[str], channels: Sequence[int], usual: float = 2.66
) -> float:
    """Return the factor that gives the hidden channels of all feed-forward parts.

    Args:
        weights: The released weights.
        keys: The first convolution of a feed-forward part for each of ``channels``; it has
            twice the hidden channels.
        channels: Numbers of channels.
        usual: The factor of the released code, returned where it fits.

    Raises:
        CheckpointError: If no factor with up to four decimals fits.
    """
    hidden = [weights.shape(key)[0] // 2 for key in keys]
    widest = max(range(len(channels)), key=lambda index: channels[index])
    lowest = hidden[widest] / channels[widest]
    shortest = [ceil(lowest * scale) / scale for scale in (1.0, 10.0, 100.0, 1e3, 1e4)]
    for factor in (usual, *shortest):
        if [int(factor * width) for width in channels] == hidden:
            return factor
    raise weights.error(f"its feed-forward parts have the widths {hidden} for {list(channels)}")


def infer_encoder_decoder(weights: SourceWeights) -> dict[str, Any]:
    """Return the arguments of a network like Restormer; see :func:`infer_levels`."""
    num_levels = 1
    while f"encoder_level{num_levels}.0.norm1.body.weight" in weights:
        num_levels += 1
    levels = [*(f"encoder_level{level}" for level in range(1, num_levels)), "latent"]
    return infer_levels(weights, "patch_embed.proj.weight", levels)


def infer_levels(weights: SourceWeights, first: str, levels: Sequence[str]) -> dict[str, Any]:
    """Return ``channels``, ``num_blocks``, ``num_heads`` and ``ffn_factor`` of the weights.

    Args:
        weights: The released weights.
        first: Key of the first convolution's kernel.
        levels: Beginning of the keys of each level's blocks, full size first.

    Raises:
        CheckpointError: If they are not those of a network with Restormer's blocks.
    """
    shape = weights.shape(first)
    if shape[1:] != [3, 3, 3]:
        raise weights.error(f"its {first!r} has the shape {shape}")
    return {
        "channels": shape[0],
        "num_blocks": [weights.count(level + ".{}.norm1.body.weight") for level in levels],
        "num_heads": [weights.shape(f"{level}.0.attn.temperature")[0] for level in levels],
        "ffn_factor": infer_ffn_factor(
            weights,
            [f"{level}.0.ffn.project_in.weight" for level in levels],
            [shape[0] << level for level in range(len(levels))],
        ),
    }


def encoder_decoder_blocks(num_blocks: Sequence[int]) -> Names:
    """Yield our name and the released one of each block of the encoder and the decoder."""
    bottom = len(num_blocks) - 1
    for level, count in enumerate(num_blocks):
        for index in range(count):
            # They count levels from 1.
            theirs = "latent" if level == bottom else f"encoder_level{level + 1}"
            yield f"encoder.levels.{level}.{index}", f"{theirs}.{index}"
            if level < bottom:
                yield f"decoder.levels.{level}.{index}", f"decoder_level{level + 1}.{index}"


def encoder_decoder_names(num_levels: int) -> Names:
    """Yield our name and the released one of each parameter outside of the blocks."""
    yield "head.weight", "patch_embed.proj.weight"
    for level in range(num_levels - 1):
        this, below = level + 1, level + 2
        yield f"encoder.down.{level}.0.weight", f"down{this}_{below}.body.0.weight"
        yield f"decoder.up.{level}.0.weight", f"up{below}_{this}.body.0.weight"
        if level:
            yield f"decoder.reduce.{level}.weight", f"reduce_chan_level{this}.weight"
    yield "tail.weight", "output.weight"

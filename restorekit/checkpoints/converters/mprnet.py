"""Checkpoints of the released MPRNet (github.com/swz30/MPRNet)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from .source import ACADEMIC_LICENCE, ConvertedNetwork, SourceWeights

Names = Iterator[tuple[str, str]]

_LEVELS = (1, 2, 3)


def convert_mprnet(content: Any, source: str) -> ConvertedNetwork:
    """Convert a checkpoint of the released network for deraining.

    Everything is read off the weights. The networks for deblurring and denoising fit where
    they differ in widths alone.

    Args:
        content: A dict with the state dict under ``state_dict``, or the state dict; with or
            without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released MPRNet.
    """
    weights = SourceWeights(content, source, "MPRNet")
    config = _infer_config(weights)
    converted = weights.rename(_names(config["num_blocks"]))
    weights.require_empty()
    slopes = [value for key, value in converted.items() if key.endswith("body.1.weight")]
    if not all(torch.equal(slope, slopes[0]) for slope in slopes):
        raise weights.error("its activations differ, and the released network has one for all")
    # The one slope has a name in every block.
    total = sum(v.numel() for v in converted.values()) - (len(slopes) - 1) * slopes[0].numel()
    summary = (
        f"MPRNet with {total:,} parameters: {config['channels']} channels, "
        f"{config['level_channels']} more a level, {config['final_channels']} more in the third "
        f"stage, {config['num_blocks']} blocks in a group"
    )
    facts = {**weights.facts, "licence": ACADEMIC_LICENCE}
    return ConvertedNetwork(config, converted, facts, summary)


def _infer_config(weights: SourceWeights) -> dict[str, Any]:
    first = weights.shape("shallow_feat1.0.weight")
    if first[1:] != [3, 3, 3]:
        raise weights.error(f"its 'shallow_feat1.0.weight' has the shape {first}")
    channels = first[0]
    hidden = weights.shape("shallow_feat1.1.CA.conv_du.0.weight")[0]
    return {
        "type": "MPRNet",
        "channels": channels,
        "level_channels": weights.shape("stage1_encoder.down12.down.1.weight")[0] - channels,
        "final_channels": weights.shape("concat23.weight")[0] - channels,
        # The last layer of a group is a convolution.
        "num_blocks": weights.count("stage3_orsnet.orb1.body.{}.body.0.weight"),
        "reduction": channels // hidden,
    }


def _names(num_blocks: int) -> Names:
    """Yield our name of each parameter and the released one."""
    for stage in range(3):
        yield f"heads.{stage}.0.weight", f"shallow_feat{stage + 1}.0.weight"
        yield from _block(f"heads.{stage}.1", f"shallow_feat{stage + 1}.1")
    for stage in range(2):
        yield from _encoder(f"encoders.{stage}", f"stage{stage + 1}_encoder", fuse=stage > 0)
        yield from _decoder(f"decoders.{stage}", f"stage{stage + 1}_decoder")
        theirs = ("sam12", "sam23")[stage]
        for number, part in enumerate(("features", "image", "gate"), start=1):
            yield f"attention.{stage}.{part}.weight", f"{theirs}.conv{number}.weight"
        yield f"merge.{stage}.weight", f"{('concat12', 'concat23')[stage]}.weight"
    yield from _final_stage("final", "stage3_orsnet", num_blocks)
    yield "tail.weight", "tail.weight"


def _block(ours: str, theirs: str) -> Names:
    for layer in range(3):
        yield f"{ours}.body.{layer}.weight", f"{theirs}.body.{layer}.weight"
    yield f"{ours}.attention.1.weight", f"{theirs}.CA.conv_du.0.weight"
    yield f"{ours}.attention.3.weight", f"{theirs}.CA.conv_du.2.weight"


def _encoder(ours: str, theirs: str, fuse: bool) -> Names:
    for level in _LEVELS:
        for index in range(2):
            yield from _block(
                f"{ours}.levels.{level - 1}.{index}", f"{theirs}.encoder_level{level}.{index}"
            )
        if level > 1:
            down = f"{theirs}.down{level - 1}{level}.down.1.weight"
            yield f"{ours}.down.{level - 2}.1.weight", down
        if fuse:
            yield f"{ours}.from_encoder.{level - 1}.weight", f"{theirs}.csff_enc{level}.weight"
            yield f"{ours}.from_decoder.{level - 1}.weight", f"{theirs}.csff_dec{level}.weight"


def _decoder(ours: str, theirs: str) -> Names:
    for level in _LEVELS:
        for index in range(2):
            yield from _block(
                f"{ours}.levels.{level - 1}.{index}", f"{theirs}.decoder_level{level}.{index}"
            )
    for level in _LEVELS[:-1]:
        up = f"{theirs}.up{level + 1}{level}.up.1.weight"
        yield f"{ours}.up.{level - 1}.1.weight", up
        yield from _block(f"{ours}.skips.{level - 1}", f"{theirs}.skip_attn{level}")


def _final_stage(ours: str, theirs: str, num_blocks: int) -> Names:
    for level in _LEVELS:
        group = f"{theirs}.orb{level}.body"
        for index in range(num_blocks):
            yield from _block(f"{ours}.groups.{level - 1}.0.{index}", f"{group}.{index}")
        yield f"{ours}.groups.{level - 1}.1.weight", f"{group}.{num_blocks}.weight"
        for part in ("encoder", "decoder"):
            short = part[:3]
            merge = f"{theirs}.conv_{short}{level}.weight"
            yield f"{ours}.merge_{part}.{level - 1}.weight", merge
            # The features of level 2 take one step to full size, those of level 3 two.
            if level == 2:
                yield f"{ours}.from_{part}.1.0.1.weight", f"{theirs}.up_{short}1.up.1.weight"
            if level == 3:
                for step in range(2):
                    up = f"{theirs}.up_{short}2.{step}.up.1.weight"
                    yield f"{ours}.from_{part}.2.{step}.1.weight", up

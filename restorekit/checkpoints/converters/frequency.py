"""Checkpoints of the released SFHformer and FADformer (github.com/deng-ai-lab)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .source import ConvertedNetwork, SourceWeights

Names = Iterator[tuple[str, str]]

_LAYER = ("weight", "bias")
_BATCH_NORM = (*_LAYER, "running_mean", "running_var", "num_batches_tracked")

#: Ours and the released layers of a block of SFHformer.
_SFH_LAYERS = {
    "mixer.expand": "mixer.conv_init.0",
    "mixer.space.0": "mixer.mixer_local.CDilated_1",
    "mixer.space.1": "mixer.mixer_local.CDilated_2",
    "mixer.to_frequency": "mixer.mixer_gloal.conv_init.0",
    "mixer.frequency.position": "mixer.mixer_gloal.FFC.fpe",
    "mixer.frequency.mix": "mixer.mixer_gloal.FFC.fdc",
    "mixer.from_frequency": "mixer.mixer_gloal.conv_fina.0",
    "mixer.attention.1": "mixer.ca.1",
    "mixer.attention.3": "mixer.ca.3",
    "mixer.out": "mixer.ca_conv.0",
    "feed_forward.expand": "ffn.conv_init.0",
    **{f"feed_forward.convs.{i}": f"ffn.conv1_{i + 1}.0" for i in range(3)},
    "feed_forward.out": "ffn.conv_fina.0",
}
_SFH_NORMS = {
    "norm1": "norm1",
    "norm2": "norm2",
    "mixer.frequency.norm": "mixer.mixer_gloal.FFC.bn",
}
_SFH_SHELL = {
    "head": "patch_embed.proj",
    "down.0": "downsample1.proj.0",
    "down.1": "downsample2.proj.0",
    "reduce.0": "skip2",
    "reduce.1": "skip1",
    "tail": "patch_unembed.proj.0",
}
#: The released names of the stages.
_SFH_STAGES = ("layer1", "layer2", "layer3", "layer8", "layer9")

#: Ours and the released layers of a block of FADformer.
_FAD_LAYERS = {
    "mixer.expand": "mixer.conv_init.0",
    "mixer.near.0": "mixer.dw_conv_1.0",
    "mixer.near.1": "mixer.dw_conv_2.0",
    "mixer.before.0": "mixer.mixer_gloal.conv_init_1.0",
    "mixer.before.1": "mixer.mixer_gloal.conv_init_2.0",
    "mixer.project.0": "mixer.ca_conv.0",
    "mixer.project.1": "mixer.ca_conv.1",
    "mixer.attention.1": "mixer.ca.1",
    "mixer.attention.3": "mixer.ca.3",
    "feed_forward.expand.0": "ffn.conv_init.0",
    "feed_forward.expand.2": "ffn.conv_dw.0",
    "feed_forward.map_in": "ffn.mask_in.0",
    "feed_forward.gates.0": "ffn.mask_dw_conv_1.0",
    "feed_forward.gates.1": "ffn.mask_dw_conv_2.0",
    "feed_forward.out": "ffn.conv_fina.0",
}
_FAD_NORMS = {
    "norm1": "norm1",
    "norm2": "norm2",
    "mixer.frequency_norm": "mixer.mixer_gloal.FFC.bn",
    "mixer.norm": "mixer.mixer_gloal.bn",
}
_FAD_SHELL = {
    "head": "patch_embed.proj",
    "up.0.0": "upsample1.proj.0",
    "up.1.0": "upsample2.proj.0",
    "residue_up.0.0": "up_rcp1.proj.0",
    "residue_up.1.0": "up_rcp2.proj.0",
    "reduce.0": "skip2",
    "reduce.1": "skip1",
    "tail.0": "patch_unembed.proj.0",
    "tail.1": "patch_unembed.proj.1",
}
_FAD_STAGES = ("layer1", "layer2", "layer3", "layer4", "layer5")


def convert_sfhformer(content: Any, source: str) -> ConvertedNetwork:
    """Convert a checkpoint of the released SFHformer with one group of frequencies.

    Everything is read off the weights. Layers whose result is always 1 are dropped.

    Args:
        content: A dict with the state dict under ``state_dict``, or the state dict; with or
            without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released SFHformer.
    """
    weights = SourceWeights(content, source, "SFHformer")
    config = _infer_config(weights, "SFHformer", _SFH_STAGES)
    first = f"{_SFH_STAGES[0]}.blocks.0.mixer.mixer_gloal.FFC"
    groups = weights.shape(f"{first}.fdc.weight")[0] // weights.shape(f"{first}.fpe.weight")[0]
    if groups != 1:
        raise weights.error(
            f"it has {groups} groups of frequencies, and restorekit's SFHformer one, as for "
            "deraining"
        )
    dropped = 0
    converted = weights.rename(_all(_SFH_SHELL, _LAYER))
    for level in range(2):
        name = f"upsample{level + 3}.proj.0.weight"
        converted[f"up.{level}.0.weight"] = weights.take(name)
    for ours, theirs in _blocks(_SFH_STAGES, config["num_blocks"]):
        converted.update(weights.rename(_block(ours, theirs, _SFH_LAYERS, _SFH_NORMS)))
        for factor in ("beta", "gamma"):
            converted[f"{ours}.{factor}"] = weights.take(f"{theirs}.{factor}")
        dropped += weights.drop(f"{theirs}.mixer.mixer_gloal.FFC.weight.")
    return _finish(weights, config, converted, dropped)


def convert_fadformer(content: Any, source: str) -> ConvertedNetwork:
    """Convert a checkpoint of the released FADformer or its smaller form.

    Everything is read off the weights. Layers that the released network never uses are dropped.

    Args:
        content: A dict with the state dict under ``state_dict``, or the state dict; with or
            without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released FADformer.
    """
    weights = SourceWeights(content, source, "FADformer")
    config = _infer_config(weights, "FADformer", _FAD_STAGES)
    dropped = 0
    converted = weights.rename(_all(_FAD_SHELL, _LAYER))
    for level in range(2):
        down, residue = f"downsample{level + 1}.proj.0", f"down_rcp{level + 1}.proj.1"
        converted[f"down.{level}.0.weight"] = weights.take(f"{down}.weight")
        converted[f"residue_down.{level}.1.weight"] = weights.take(f"{residue}.weight")
    blocks = list(_blocks(_FAD_STAGES, config["num_blocks"]))
    for ours, theirs in blocks:
        converted.update(weights.rename(_block(ours, theirs, _FAD_LAYERS, _FAD_NORMS)))
        mix = f"{theirs}.mixer.mixer_gloal.FFC.conv_layer.weight"
        converted[f"{ours}.mixer.mix.weight"] = weights.take(mix)
        dropped += weights.drop(f"{theirs}.mixer.mixer_gloal.conv_mid.")
        map_out = f"{theirs}.ffn.mask_out.0"
        if (ours, theirs) == blocks[-1]:
            dropped += weights.drop(f"{map_out}.")
        else:
            names = _all({f"{ours}.feed_forward.map_out": map_out}, _LAYER)
            converted.update(weights.rename(names))
    return _finish(weights, config, converted, dropped)


def _infer_config(weights: SourceWeights, network: str, stages: tuple[str, ...]) -> dict[str, Any]:
    first = weights.shape("patch_embed.proj.weight")
    if first[1:] != [3, 3, 3]:
        raise weights.error(f"its 'patch_embed.proj.weight' has the shape {first}")
    num_blocks = [weights.count(stage + ".blocks.{}.norm1.weight") for stage in stages]
    if not all(num_blocks):
        raise weights.error(f"its stages {', '.join(stages)} have {num_blocks} blocks")
    return {"type": network, "channels": first[0], "num_blocks": num_blocks}


def _blocks(stages: tuple[str, ...], num_blocks: list[int]) -> Names:
    """Yield our name and the released one of each block."""
    for stage, (theirs, count) in enumerate(zip(stages, num_blocks, strict=True)):
        for index in range(count):
            yield f"stages.{stage}.{index}", f"{theirs}.blocks.{index}"


def _block(ours: str, theirs: str, layers: Mapping[str, str], norms: Mapping[str, str]) -> Names:
    yield from _all({f"{ours}.{k}": f"{theirs}.{v}" for k, v in layers.items()}, _LAYER)
    yield from _all({f"{ours}.{k}": f"{theirs}.{v}" for k, v in norms.items()}, _BATCH_NORM)


def _all(names: Mapping[str, str], parts: tuple[str, ...]) -> Names:
    """Yield our name and the released one of all parts of layers."""
    for ours, theirs in names.items():
        for part in parts:
            yield f"{ours}.{part}", f"{theirs}.{part}"


def _finish(
    weights: SourceWeights, config: dict[str, Any], converted: dict[str, Any], dropped: int
) -> ConvertedNetwork:
    details = f"{config['channels']} channels, {config['num_blocks']} blocks"
    return weights.finish(config, converted, details, dropped=dropped)

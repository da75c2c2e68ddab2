"""Checkpoints of the released ConvIR and SFNet (github.com/c-yn), two forms of one shell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from .source import ConvertedNetwork, SourceWeights
from .transformer import Names

_LAYER = ("weight", "bias")
_BUFFERS = ("running_mean", "running_var", "num_batches_tracked")

#: Ours and the released layers around the stages. The released code counts the levels of the
#: decoder from the smallest size, and those of its inputs as well.
_SHELL = {
    "head.0": "feat_extract.0.main.0",
    "down.0.0": "feat_extract.1.main.0",
    "down.1.0": "feat_extract.2.main.0",
    "up.1.0": "feat_extract.3.main.0",
    "up.0.0": "feat_extract.4.main.0",
    "tails.0": "feat_extract.5.main.0",
    "tails.1": "ConvsOut.1.main.0",
    "tails.2": "ConvsOut.0.main.0",
    "reduce.0.0": "Convs.1.main.0",
    "reduce.1.0": "Convs.0.main.0",
    "merge.0": "FAM2.merge.main.0",
    "merge.1": "FAM1.merge.main.0",
    **{
        f"inputs.{level}.{ours}": f"SCM{2 - level}.main.{theirs}"
        for level in range(2)
        for ours, theirs in (
            ("0.0", "0.main.0"),
            ("1.0", "1.main.0"),
            ("2.0", "2.main.0"),
            ("3", "3.main.0"),
            ("4", "4"),
        )
    },
}
#: Ours and the released gains of ConvIR's filters.
_CONVIR_GAINS = {"contrast_gain": "inside_all", "low_gain": "lamb_l", "input_gain": "lamb_h"}


def convert_convir(content: Any, source: str) -> ConvertedNetwork:
    """Convert a checkpoint of the released ConvIR of any size, for any task on RGB images.

    Everything is read off the weights.

    Args:
        content: A dict with the state dict under ``model``, or the state dict; with or
            without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released ConvIR.
    """
    weights = SourceWeights(content, source, "ConvIR")
    config = _infer_config(weights, "ConvIR", "main.0.main.0.weight")
    converted = weights.rename(_all(_SHELL))
    for ours, theirs, last in _blocks(config["num_blocks"]):
        names = {f"{ours}.body.0.0": f"{theirs}.main.0.main.0"}
        names[f"{ours}.body.2"] = f"{theirs}.main.2.main.0"
        converted.update(weights.rename(_all(names)))
        if last:
            converted.update(_multi_scale_filter(weights, f"{ours}.body.1", f"{theirs}.main.1"))
    return weights.finish(config, converted, _details(config))


def convert_sfnet(content: Any, source: str) -> ConvertedNetwork:
    """Convert a checkpoint of the released SFNet, for any task on RGB images.

    Everything is read off the weights. Factors that the released filters never use are dropped.

    Args:
        content: A dict with the state dict under ``model``, or the state dict; with or
            without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released SFNet.
    """
    weights = SourceWeights(content, source, "SFNet")
    config = _infer_config(weights, "SFNet", "conv1.main.0.weight")
    dropped = 0
    converted = weights.rename(_all(_SHELL))
    for ours, theirs, last in _blocks(config["num_blocks"]):
        names = {f"{ours}.conv1.0": f"{theirs}.conv1.main.0"}
        names[f"{ours}.conv2"] = f"{theirs}.conv2.main.0"
        converted.update(weights.rename(_all(names)))
        converted.update(_mean_modulations(weights, f"{ours}.modulations", theirs))
        if last:
            for index, filter_ in enumerate(("dyna", "dyna_2")):
                released = f"{theirs}.{filter_}"
                dropped += weights.drop(f"{released}.lamb_")
                converted.update(_selection(weights, f"{ours}.selections.{index}", released))
    return weights.finish(config, converted, _details(config), dropped=dropped)


def _multi_scale_filter(weights: SourceWeights, ours: str, theirs: str) -> dict[str, torch.Tensor]:
    """Return our parameters of a multi-scale filter of ConvIR."""
    converted = {f"{ours}.out.weight": weights.take(f"{theirs}.conv_sum.weight")}
    for scale in range(3):
        conv = f"convs.{scale}.weight"
        converted[f"{ours}.{conv}"] = weights.take(f"{theirs}.{conv}")
        shapes, released = f"{ours}.filters.{scale}", f"{theirs}.dynas.{scale}"
        names = {
            f"{shapes}.strips_gain": f"{released}.strip_att.gamma",
            f"{shapes}.input_gain": f"{released}.strip_att.beta",
        }
        filters = {
            f"{shapes}.square": f"{released}.square_att",
            f"{shapes}.strips.0": f"{released}.strip_att.H_spatial_att",
            f"{shapes}.strips.1": f"{released}.strip_att.W_spatial_att",
        }
        for filter_, source in filters.items():
            names[f"{filter_}.filter.predict.weight"] = f"{source}.conv.weight"
            for gain, released_gain in _CONVIR_GAINS.items():
                names[f"{filter_}.{gain}"] = f"{source}.{released_gain}"
        names.update(_all({f"{shapes}.square.filter.norm": f"{released}.square_att.bn"}, norm=True))
        for key, tensor in weights.rename(names.items()).items():
            converted[key] = tensor.view(-1, 1, 1) if key.endswith("_gain") else tensor
    return converted


def _selection(weights: SourceWeights, ours: str, theirs: str) -> dict[str, torch.Tensor]:
    """Return our parameters of a selection of frequencies of SFNet."""
    layers = {
        f"{ours}.weights.1": f"{theirs}.modulate.fc",
        f"{ours}.out": f"{theirs}.modulate.out",
    }
    converted = weights.rename(_all(layers))
    converted[f"{ours}.filter.predict.weight"] = weights.take(f"{theirs}.conv.weight")
    norm = {f"{ours}.filter.norm": f"{theirs}.bn"}
    converted.update(weights.rename(_all(norm, norm=True)))
    for part, ndim in zip(_LAYER, (4, 1), strict=True):
        keys = [f"{theirs}.modulate.fcs.{index}.{part}" for index in range(2)]
        converted[f"{ours}.weights.2.{part}"] = weights.take_together(*keys, ndim=ndim)
    return converted


def _mean_modulations(weights: SourceWeights, ours: str, theirs: str) -> dict[str, torch.Tensor]:
    """Return our factors of the means and details of the whole image and of its quarters."""
    whole, quarters = (1, 1), (2, 2)
    taken = {
        "0.mean_gain": weights.take(f"{theirs}.global_ap.fscale_d").view(-1, *whole),
        # The released factor is added to 1.
        "0.detail_gain": weights.take(f"{theirs}.global_ap.fscale_h").view(-1, *whole) + 1,
        "1.mean_gain": weights.take(f"{theirs}.localap.l").view(-1, *quarters),
        "1.detail_gain": weights.take(f"{theirs}.localap.h").view(-1, *quarters),
    }
    return {f"{ours}.{key}": tensor for key, tensor in taken.items()}


def _infer_config(weights: SourceWeights, network: str, first: str) -> dict[str, Any]:
    head = weights.shape("feat_extract.0.main.0.weight")
    if head[1:] != [3, 3, 3]:
        raise weights.error(f"its 'feat_extract.0.main.0.weight' has the shape {head}")
    stages = [f"{part}.{level}.layers" for part in ("Encoder", "Decoder") for level in range(3)]
    num_blocks = [weights.count(stage + ".{}." + first) for stage in stages]
    if len(set(num_blocks)) != 1 or not num_blocks[0]:
        raise weights.error(f"its stages have {num_blocks} blocks")
    return {"type": network, "channels": head[0], "num_blocks": num_blocks[0]}


def _blocks(num_blocks: int) -> Iterator[tuple[str, str, bool]]:
    """Yield our name and the released one of each block, and whether it is a stage's last."""
    for level in range(3):
        for index in range(num_blocks):
            last = index == num_blocks - 1
            yield f"encoder.{level}.{index}", f"Encoder.{level}.layers.{index}", last
            yield f"decoder.{level}.{index}", f"Decoder.{2 - level}.layers.{index}", last


def _all(names: Mapping[str, str], norm: bool = False) -> Names:
    """Yield our name and the released one of all parts of layers."""
    for ours, theirs in names.items():
        for part in (*_LAYER, *_BUFFERS) if norm else _LAYER:
            yield f"{ours}.{part}", f"{theirs}.{part}"


def _details(config: dict[str, Any]) -> str:
    return f"{config['channels']} channels, {config['num_blocks']} blocks in each stage"

"""Checkpoints of the released PReNet and its variants (github.com/csdwren/PReNet)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from restorekit.checkpoints.network_config import build_network

from .source import ConvertedNetwork, SourceWeights

#: Not determined by the weights: the default of the released test scripts.
_NUM_STAGES = 6
#: Number of times that PReNet_r and PRN_r use their only residual block.
_RECURSIONS = 5


def convert_prenet(content: Any, source: str) -> ConvertedNetwork:
    """Convert a state dict of PReNet, PReNet_r, PRN, PRN_r, PReNet_LSTM, _GRU or _x.

    Everything is inferred from the weights except the number of stages, which is taken to be
    six: all released checkpoints have six but the ablations with five and seven. Whether the
    network predicts a residual does not show in the shapes (PReNet and PReNet_LSTM have the
    same), so both variants are run on a uniform grey image: the right one hardly changes it.

    Args:
        content: The state dict, with or without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of one of these.
    """
    weights = SourceWeights(content, source, "PReNet")
    config = _infer_config(weights)
    converted = _convert_weights(weights, config)
    config["residual"] = min(
        (True, False), key=lambda residual: _change(config, residual, converted, source)
    )
    summary = _summary(config, converted)
    return ConvertedNetwork(config, converted, {}, summary, assumed={"num_stages": _NUM_STAGES})


def _infer_config(weights: SourceWeights) -> dict[str, Any]:
    first = weights.shape("conv0.0.weight")
    if first[1:] not in ([3, 3, 3], [6, 3, 3]):
        raise weights.error(f"its 'conv0.0.weight' has the shape {first}")
    num_blocks = 0
    while f"res_conv{num_blocks + 1}.0.weight" in weights:
        num_blocks += 1
    if not num_blocks:
        raise weights.error("it has no 'res_conv1.0.weight'")
    unit = None
    if "conv_i.0.weight" in weights:
        unit = "PlainConvLSTM"
    elif "conv_z.0.weight" in weights:
        unit = "PlainConvGRU"
    return {
        "type": "PReNet",
        "channels": first[0],
        "num_stages": _NUM_STAGES,
        "num_blocks": num_blocks if num_blocks > 1 else _RECURSIONS,
        "recurrent_unit": unit,
        "recursive_blocks": num_blocks == 1,
        "concat_input": first[1] == 6,
    }


def _convert_weights(weights: SourceWeights, config: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    convs = {"head.0": "conv0.0", "tail": "conv.0"}
    for index in range(1 if config["recursive_blocks"] else config["num_blocks"]):
        for layer in (0, 2):
            convs[f"blocks.{index}.body.{layer}"] = f"res_conv{index + 1}.{layer}"
    converted = {}
    for part, ndim in (("weight", 4), ("bias", 1)):
        for ours, theirs in convs.items():
            converted[f"{ours}.{part}"] = weights.take_together(f"{theirs}.{part}", ndim=ndim)
    if config["recurrent_unit"] is not None:
        gates = _lstm if config["recurrent_unit"] == "PlainConvLSTM" else _gru
        for key, value in gates(weights, config["channels"]).items():
            converted[f"recurrent_unit.{key}"] = value
    weights.require_empty()
    return converted


def _lstm(weights: SourceWeights, channels: int) -> dict[str, torch.Tensor]:
    """Split each gate's convolution of the concatenated input and state in two."""
    gates = ("conv_i", "conv_o", "conv_g", "conv_f")
    both = weights.take_together(*(f"{gate}.0.weight" for gate in gates), ndim=4)
    bias = weights.take_together(*(f"{gate}.0.bias" for gate in gates), ndim=1)
    return {
        "conv_x.weight": both[:, :channels],
        "conv_x.bias": bias,
        "conv_h.weight": both[:, channels:],
    }


def _gru(weights: SourceWeights, channels: int) -> dict[str, torch.Tensor]:
    """Split as :func:`_lstm` does; the candidate's convolution reads the state first."""
    bias = weights.take_together("conv_z.0.bias", "conv_g.0.bias", "conv_b.0.bias", ndim=1)
    update, candidate, reset = (
        weights.take_together(f"{gate}.0.weight", ndim=4) for gate in ("conv_z", "conv_g", "conv_b")
    )
    return {
        "conv_x.weight": torch.cat(
            [update[:, :channels], candidate[:, channels:], reset[:, :channels]]
        ),
        "conv_x.bias": bias,
        "conv_h.weight": torch.cat([update[:, channels:], reset[:, channels:]]),
        "conv_n.weight": candidate[:, :channels],
    }


def _change(
    config: Mapping[str, Any], residual: bool, weights: Mapping[str, torch.Tensor], source: str
) -> float:
    """Return the mean absolute change that the network makes to a uniform grey image."""
    network = build_network({**config, "residual": residual}, weights, source)
    grey = torch.full((1, 3, 16, 16), 0.5)
    with torch.no_grad():
        return float((network(grey)[-1] - grey).abs().mean())


def _summary(config: Mapping[str, Any], weights: Mapping[str, torch.Tensor]) -> str:
    blocks = f"{config['num_blocks']} residual blocks"
    if config["recursive_blocks"]:
        blocks = f"one residual block used {config['num_blocks']} times"
    return (
        f"PReNet with {sum(weight.numel() for weight in weights.values()):,} parameters: "
        f"{config['channels']} channels, {config['recurrent_unit'] or 'no recurrent unit'}, "
        f"{blocks}, predicts {'a residual' if config['residual'] else 'the image itself'}"
    )

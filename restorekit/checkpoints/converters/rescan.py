"""Checkpoints of the released RESCAN (github.com/XiaLiPKU/RESCAN)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from .source import ConvertedNetwork, SourceWeights

#: Parameters that the weights do not determine: the defaults of the released settings.
_ASSUMED = {"num_stages": 4, "prediction": "full"}
#: For each recurrent unit, a key that only its checkpoints have, and restorekit's convolutions,
#: each with the released ones that make it up.
_UNITS: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "ConvGRU": (
        "rnns.0.conv_xz.weight",
        {
            "conv_x": ("conv_xz", "conv_xn", "conv_xr"),
            "conv_h": ("conv_hz", "conv_hr"),
            "conv_n": ("conv_hn",),
        },
    ),
    "ConvLSTM": (
        "rnns.0.conv_xf.weight",
        {
            "conv_x": ("conv_xi", "conv_xo", "conv_xj", "conv_xf"),
            "conv_h": ("conv_hi", "conv_ho", "conv_hj", "conv_hf"),
        },
    ),
    "ConvRNN": ("rnns.0.conv_x.weight", {"conv_x": ("conv_x",), "conv_h": ("conv_h",)}),
    "ConvUnit": ("rnns.0.conv.weight", {"conv_x": ("conv",)}),
}


def convert_rescan(content: Any, source: str) -> ConvertedNetwork:
    """Convert what the released ``train.py`` saves, or a bare state dict.

    Everything is inferred from the weights except the number of stages and how a stage
    predicts (``Full`` or ``Add``), for which the released defaults are taken: four and ``Full``.
    The released network works on BGR images; the input channels of the first unit and the
    output channels of the last convolution are reversed, so that restorekit's takes RGB.

    Args:
        content: The state dict, or a dict that holds it.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released RESCAN.
    """
    weights = SourceWeights(content, source, "RESCAN")
    config = _infer_config(weights)
    converted = {}
    for ours, theirs, ndim in _layout(config):
        for part, dimensions in (("weight", ndim), ("bias", 1)):
            keys = [f"{key}.{part}" for key in theirs]
            converted[f"{ours}.{part}"] = weights.take_together(*keys, ndim=dimensions)
    weights.require_empty()
    # BGR to RGB.
    last = f"head.{3 if config['se_channels'] else 2}"
    converted["units.0.conv_x.weight"] = converted["units.0.conv_x.weight"].flip(1)
    for part in ("weight", "bias"):
        converted[f"{last}.{part}"] = converted[f"{last}.{part}"].flip(0)
    summary = _summary(config, converted)
    return ConvertedNetwork(config, converted, weights.facts, summary, assumed=dict(_ASSUMED))


def _infer_config(weights: SourceWeights) -> dict[str, Any]:
    units = [unit for unit, (key, _) in _UNITS.items() if key in weights]
    if not units:
        raise weights.error("its units are none of GRU, LSTM, RNN and Conv (no rnns.0.conv…)")
    first_key, convs = _UNITS[units[0]]
    first = weights.shape(first_key)
    if first[1:] != [3, 3, 3]:
        raise weights.error(f"its {first_key!r} has the shape {first}")
    attention = "rnns.0.se.fc.0.weight"
    return {
        "type": "RESCAN",
        "channels": first[0],
        "depth": 2 + weights.count(f"rnns.{{}}.{convs['conv_x'][0]}.weight"),
        "recurrent_unit": units[0],
        "se_channels": weights.shape(attention)[0] if attention in weights else 0,
        **_ASSUMED,
    }


def _layout(config: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Yield restorekit's layers, each with the released ones, and the ndim of its weight."""
    _, convs = _UNITS[config["recurrent_unit"]]
    attentions = {}
    for index in range(config["depth"] - 2):
        for conv, gates in convs.items():
            yield f"units.{index}.{conv}", tuple(f"rnns.{index}.{gate}" for gate in gates), 4
        attentions[f"units.{index}.attention"] = f"rnns.{index}.se"
    attentions["head.1"] = "dec.1"
    if config["se_channels"]:
        for ours, theirs in attentions.items():
            yield f"{ours}.squeeze", (f"{theirs}.fc.0",), 2
            yield f"{ours}.excite", (f"{theirs}.fc.2",), 2
    yield "head.0", ("dec.0",), 4
    # The released numbering counts the squeeze-and-excitation even where there is none.
    yield f"head.{3 if config['se_channels'] else 2}", ("dec.3",), 4


def _summary(config: Mapping[str, Any], weights: Mapping[str, torch.Tensor]) -> str:
    return (
        f"RESCAN with {sum(weight.numel() for weight in weights.values()):,} parameters: "
        f"{config['channels']} channels, depth {config['depth']}, {config['recurrent_unit']}, "
        f"squeeze-and-excitation of {config['se_channels']} channels; BGR reversed to RGB"
    )

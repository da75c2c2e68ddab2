"""Checkpoints of the released DCSFN (github.com/Ohraincu/DCSFN)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import torch

from .source import ConvertedNetwork, SourceWeights

#: Names of the released block's scales, full size first.
_SCALES = ("1", "2", "4", "8")
#: Scales of the released sub-networks, full size first.
_SUBNETWORKS = ("1", "2", "4")
_FIRST_STEP_UNITS = ("rec1_4", "rec2_1")
_UPWARD_FUSION = "coarse_to_fine.fusions."

#: For each recurrent unit, a key that only its checkpoints have.
_UNITS = {
    "ConvGRU": "rec1_4.conv_xz.weight",
    "ConvLSTM": "rec1_4.conv_xf.weight",
    "ConvRNN": "rec1_4.conv_x.weight",
}
#: For each unit and each of restorekit's convolutions, the released ones it is made of, in order.
_GATES: dict[str, dict[str, tuple[str, ...]]] = {
    "ConvGRU": {
        "conv_x": ("conv_xz", "conv_xn", "conv_xr"),
        "conv_h": ("conv_hz", "conv_hr"),
        "conv_n": ("conv_hn",),
    },
    "ConvLSTM": {
        "conv_x": ("conv_xi", "conv_xo", "conv_xj", "conv_xf"),
        "conv_h": ("conv_hi", "conv_ho", "conv_hj", "conv_hf"),
    },
    "ConvRNN": {"conv_x": ("conv_x",), "conv_h": ("conv_h",)},
}
#: The same for the first step of a pass, which does not use the other gates.
_FIRST_STEP_GATES: dict[str, dict[str, tuple[str, ...]]] = {
    "ConvGRU": {"conv_x": ("conv_xz", "conv_xn")},
    "ConvLSTM": {"conv_x": ("conv_xi", "conv_xo", "conv_xj")},
    "ConvRNN": {"conv_x": ("conv_x",)},
}


def convert_dcsfn(content: Any, source: str) -> ConvertedNetwork:
    """Convert what the released ``train.py`` saves, or a bare state dict.

    Channels, units, scales, convolutions, recurrent unit and number of sub-networks are
    inferred from the weights. The released network works on BGR images; the input channels
    of the first convolution and the output channels of the last are reversed, so that
    restorekit's takes and returns RGB. (The three channels between the last two convolutions
    are not colours and keep their order.) Convolutions that are never used are dropped. For
    the LSTM, ``chained_state_resize`` is set, as in its released code.

    Args:
        content: The state dict, or a dict that holds it.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released DCSFN.
    """
    weights = SourceWeights(content, source, "DCSFN")
    config = _infer_config(weights)
    converted, num_dropped = _convert_weights(weights, config)
    facts = {**weights.facts, "unused_parameters_dropped": num_dropped}
    return ConvertedNetwork(config, converted, facts, _summary(config, converted, num_dropped))


def _infer_config(weights: SourceWeights) -> dict[str, Any]:
    first = weights.shape("convert.0.weight")
    if first[1:] != [3, 3, 3]:
        raise weights.error(f"its 'convert.0.weight' has the shape {first}")
    single = "encoder.conv1x1.0.0.weight" in weights
    encoder = "encoder" if single else "encoder_scale1"
    config = {
        "type": "DCSFN",
        "channels": first[0],
        "num_units": weights.count(encoder + ".conv1x1.{}.0.weight"),
        "num_scales": sum(f"{encoder}.units.0.scale{s}.0.0.weight" in weights for s in _SCALES),
        "num_convs": weights.count(encoder + ".units.0.scale1.{}.0.weight"),
        "num_subnetworks": 1 if single else 3,
    }
    if not config["num_units"] or not config["num_scales"]:
        raise weights.error(f"it has no {encoder}.units.0.scale1.0.0.weight")
    if single:
        return config
    units = [unit for unit, key in _UNITS.items() if key in weights]
    if not units:
        raise weights.error("its recurrent unit is none of GRU, LSTM and RNN (no rec1_4.conv_x…)")
    if "fusion_1_2_1.0.weight" not in weights:
        raise weights.error(
            "it has three sub-networks without fusion across scales (Net_cross=False), which "
            "restorekit's DCSFN does not have"
        )
    config["recurrent_unit"] = units[0]
    if units[0] == "ConvLSTM":
        config["chained_state_resize"] = True
    return config


def _convert_weights(
    weights: SourceWeights, config: Mapping[str, Any]
) -> tuple[dict[str, torch.Tensor], int]:
    """Return restorekit's state dict and the number of parameters that were dropped."""
    converted = {}
    for ours, theirs in _layout(config):
        for part, ndim in (("weight", 4), ("bias", 1)):
            keys = [f"{key}.{part}" for key in theirs]
            converted[f"{ours}.{part}"] = weights.take_together(*keys, ndim=ndim)
    # BGR to RGB.
    converted["head.0.weight"] = converted["head.0.weight"].flip(1)
    for key in ("tail.2.weight", "tail.2.bias"):
        converted[key] = converted[key].flip(0)
    dropped = 0
    if config["num_subnetworks"] == 3:
        for key in [key for key in converted if _UPWARD_FUSION in key and "weight" in key]:
            # The released fusion takes the state of scale 1/2 first, restorekit's that of 1/4.
            converted[key] = converted[key].roll(config["channels"], dims=1)
        # What is left of these is never used: gates that read or weigh a state in a first
        # step, and for GRU and RNN the fusion of a second tensor of the state.
        unused = [f"{unit}." for unit in _FIRST_STEP_UNITS]
        if config["recurrent_unit"] != "ConvLSTM":
            unused += ["fusion_1_2_2.", "fusion_2_2_2."]
        dropped = weights.drop(*unused)
    weights.require_empty()
    return converted, dropped


def _layout(config: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield restorekit's convolutions, each with the released ones that make it up."""
    yield "head.0", ("convert.0",)
    for index in range(config["num_subnetworks"]):
        scale = "" if config["num_subnetworks"] == 1 else f"_scale{_SUBNETWORKS[index]}"
        yield from _stack_layout(f"encoders.{index}", f"encoder{scale}", config)
        yield from _stack_layout(f"decoders.{index}", f"decoder{scale}", config)
    if config["num_subnetworks"] == 3:
        yield from _fusion_layout(config["recurrent_unit"])
    yield "tail.0", ("merge.0",)
    yield "tail.2", ("merge.2",)


def _stack_layout(
    ours: str, theirs: str, config: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    scales = _SCALES[: config["num_scales"]]
    for unit in range(config["num_units"]):
        yield f"{ours}.fusions.{unit}.0", (f"{theirs}.conv1x1.{unit}.0",)
        our_unit, their_unit = f"{ours}.units.{unit}", f"{theirs}.units.{unit}"
        for level, scale in enumerate(scales):
            for conv in range(config["num_convs"]):
                yield (
                    f"{our_unit}.scales.{level}.{conv}.0",
                    (f"{their_unit}.scale{scale}.{conv}.0",),
                )
        for level, (finer, coarser) in enumerate(pairwise(scales)):
            yield f"{our_unit}.connections.{level}.0", (f"{their_unit}.fusion{coarser}{finer}.0",)
        if len(scales) > 1:
            yield f"{our_unit}.fusion.0", (f"{their_unit}.fusion_all.0",)


def _fusion_layout(unit: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    num_states = 2 if unit == "ConvLSTM" else 1
    passes = (("coarse_to_fine", "1", ("4", "2", "1")), ("fine_to_coarse", "2", ("1", "2", "4")))
    for name, number, scales in passes:
        for step, scale in enumerate(scales):
            gates = _FIRST_STEP_GATES[unit] if step == 0 else _GATES[unit]
            for conv, theirs in gates.items():
                yield (
                    f"fusion.{name}.units.{step}.{conv}",
                    tuple(f"rec{number}_{scale}.{gate}" for gate in theirs),
                )
        for state in range(num_states):
            yield f"fusion.{name}.fusions.{state}.0", (f"fusion_{number}_2_{state + 1}.0",)


def _summary(config: Mapping[str, Any], weights: Mapping[str, torch.Tensor], dropped: int) -> str:
    unit = config.get("recurrent_unit", "no recurrent unit")
    return (
        f"DCSFN with {sum(weight.numel() for weight in weights.values()):,} parameters"
        + (f" ({dropped:,} unused ones are left out)" if dropped else "")
        + f": {config['num_subnetworks']} sub-network(s), {config['channels']} channels, "
        f"{config['num_units']} units, {config['num_scales']} scales, "
        f"{config['num_convs']} convolutions, {unit}; BGR reversed to RGB"
    )

"""Checkpoints of the released RCDNet (github.com/hongwang01/RCDNet)."""

from __future__ import annotations

from typing import Any

import torch

from .source import ConvertedNetwork, SourceWeights, count_parameters
from .transformer import Names

_BATCH_NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
#: The layers of a unit, and their parts.
_LAYERS = {0: ("weight", "bias"), 1: _BATCH_NORM, 3: ("weight", "bias"), 4: _BATCH_NORM}
_NUM_UNITS = 4
#: Of the stored copies of the rain kernels, the one that the released code uses.
_USED_COPY = 1


def convert_rcdnet(content: Any, source: str) -> ConvertedNetwork:
    """Convert a released checkpoint of RCDNet.

    Everything is read off the weights. Copies of the rain kernels and parts that the released
    network never uses are dropped.

    Args:
        content: The state dict, or what contains it; with or without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released RCDNet.
    """
    weights = SourceWeights(content, source, "RCDNet")
    copies = weights.take("conv")
    if copies.ndim != 5 or len(copies) <= _USED_COPY:
        raise weights.error(f"its 'conv' has the shape {list(copies.shape)}")
    num_stages = weights.count("m_stage.{}.tau")
    config = {
        "type": "RCDNet",
        "num_stages": num_stages,
        "num_maps": weights.shape("weight0")[1],
        "num_duals": weights.shape("w_z_f")[0],
    }
    converted = {
        "kernels": copies[_USED_COPY].clone(),
        "first_kernels": weights.take("weight0"),
        "dual_filters": weights.take("w_z_f"),
        "threshold": weights.take("tau"),
        "map_rates": weights.take("eta11").flatten(),
        "background_rates": torch.cat([weights.take("eta2"), weights.take("eta12").flatten()]),
    }
    unused = weights.rename([*_network("", "mnet", "resm"), ("tau", "mnet.tau")])
    dropped = copies.numel() - copies[_USED_COPY].numel() + weights.drop("eta1")
    dropped += count_parameters(unused)
    for ours, theirs in (("first_background", "xnet"), ("last_background", "fxnet")):
        converted.update(weights.rename(_network(ours, theirs, "resx")))
    for stage in range(num_stages):
        maps, background = f"maps.{stage}", f"backgrounds.{stage}"
        converted[f"{maps}.threshold"] = weights.take(f"m_stage.{stage}.tau")
        converted.update(weights.rename(_network(f"{maps}.units", f"m_stage.{stage}", "resm")))
        converted.update(weights.rename(_network(background, f"x_stage.{stage}", "resx")))
    details = f"{num_stages} stages, {config['num_maps']} maps, {config['num_duals']} more channels"
    return weights.finish(config, converted, details, dropped=dropped)


def _network(ours: str, theirs: str, unit: str) -> Names:
    """Yield our name and the released one of a proximal network."""
    for index in range(_NUM_UNITS):
        for layer, parts in _LAYERS.items():
            for part in parts:
                yield (
                    f"{ours}.{index}.body.{layer}.{part}",
                    f"{theirs}.{unit}{index + 1}.{layer}.{part}",
                )

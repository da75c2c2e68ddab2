"""The key layout of the released NLEDN's state dict, written down from its facts."""

from __future__ import annotations

import numpy as np
import torch
from golden import formula_arrays


def released_nledn(channels: int = 64, growth: int = 32, num_layers: int = 4) -> dict:
    """A state dict in the authors' form; theirs has the default sizes."""
    layout = {}

    def conv(name, inputs, outputs, side):
        layout[f"{name}.weight"] = (
            (outputs, inputs, side, side),
            0.0,
            (3 / (inputs * side * side)) ** 0.5,
        )
        layout[f"{name}.bias"] = ((outputs,), 0.0, 0.1)

    def block(name, attention):
        for part in ("theta", "phi.0", "g.0"):
            conv(f"{name}.{attention}.{part}", channels, channels // 2, 1)
        conv(f"{name}.{attention}.W", channels // 2, channels, 1)
        for layer in range(num_layers):
            conv(f"{name}.group_{layer}.0", channels + layer * growth, growth, 3)
        conv(f"{name}.fusion.0", channels + num_layers * growth, channels, 1)

    conv("conv1", 3, channels, 3)
    conv("conv2", channels, channels, 3)
    for name in ("up_1", "up_2", "up_3", "down_2", "down_1"):
        block(name, "region_non_local.non_local_block")
    block("down_3", "non_local")
    conv("down_2_fusion", 2 * channels, channels, 1)
    conv("down_1_fusion", 2 * channels, channels, 1)
    conv("fusion.0", 3 * channels, channels, 1)
    conv("fusion.1", channels, channels, 3)
    conv("final_conv.0", channels, 3, 3)
    return {key: torch.from_numpy(array) for key, array in formula_arrays(layout).items()}


def size(state: dict) -> int:
    """Number of parameters."""
    return sum(int(np.prod(value.shape)) for value in state.values())

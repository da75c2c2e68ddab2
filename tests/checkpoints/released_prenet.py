"""The key layouts of the released PReNet's classes, written down from their facts."""

from __future__ import annotations

import torch
from golden import formula_arrays

C = 32
GATES = {
    "PReNet": "ifgo",
    "PReNet_LSTM": "ifgo",
    "PReNet_GRU": "zbg",
    "PReNet_x": "ifgo",
    "PReNet_r": "ifgo",
    "PRN": "",
    "PRN_r": "",
}
#: Those that predict the image itself.
DIRECT = ("PReNet_LSTM", "PReNet_GRU", "PReNet_x")


def released_prenet(name: str) -> dict[str, torch.Tensor]:
    """A state dict of the class ``name``; like trained ones it hardly changes an even grey."""
    convs = {"conv0.0": (C, 3 if name == "PReNet_x" else 6), "conv.0": (3, C)}
    for block in range(1 if name.endswith("_r") else 5):
        convs |= {f"res_conv{block + 1}.{layer}": (C, C) for layer in (0, 2)}
    convs |= {f"conv_{gate}.0": (C, 2 * C) for gate in GATES[name]}
    layout = {}
    for key, (outputs, inputs) in convs.items():
        scale = 0.25 if key == "conv.0" else 1
        layout[f"{key}.weight"] = (
            (outputs, inputs, 3, 3),
            0.0,
            scale * (3.6 / (9 * inputs)) ** 0.5,
        )
        centre = 0.5 if key == "conv.0" and name in DIRECT else 0.0
        layout[f"{key}.bias"] = ((outputs,), centre, 0.2 * scale)
    return {key: torch.from_numpy(array) for key, array in formula_arrays(layout).items()}

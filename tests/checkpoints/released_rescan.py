"""The key layout of the released RESCAN's state dict, written down from its facts."""

from __future__ import annotations

import torch
from golden import formula_arrays

GATES = {
    "GRU": ("xz", "xr", "xn", "hz", "hr", "hn"),
    "LSTM": ("xf", "xi", "xo", "xj", "hf", "hi", "ho", "hj"),
    "RNN": ("x", "h"),
    "Conv": (),
}


def released_rescan(
    unit: str = "GRU", channel: int = 8, depth: int = 5, use_se: bool = True
) -> dict[str, torch.Tensor]:
    """A state dict with the settings ``uint``, ``channel``, ``depth`` and ``use_se``."""
    shapes: dict[str, tuple[int, ...]] = {}

    def conv(key, outputs, inputs, side=3):
        shapes[f"{key}.weight"] = (outputs, inputs, side, side)
        shapes[f"{key}.bias"] = (outputs,)

    def attention(key):
        if use_se:
            shapes[f"{key}.fc.0.weight"], shapes[f"{key}.fc.0.bias"] = (6, channel), (6,)
            shapes[f"{key}.fc.2.weight"], shapes[f"{key}.fc.2.bias"] = (channel, 6), (channel,)

    for index in range(depth - 2):
        inputs = channel if index else 3
        for gate in GATES[unit]:
            reads = inputs if gate.startswith("x") else channel
            conv(f"rnns.{index}.conv_{gate}", channel, reads)
        if unit == "Conv":
            conv(f"rnns.{index}.conv", channel, inputs)
        attention(f"rnns.{index}.se")
    conv("dec.0", channel, channel)
    attention("dec.1")
    conv("dec.3", 3, channel, 1)
    layout = {}
    for key, shape in shapes.items():
        fan_in = torch.Size(shape[1:]).numel()
        layout[key] = (shape, 0.0, 0.2 if key.endswith("bias") else (6 / fan_in) ** 0.5)
    return {key: torch.from_numpy(array) for key, array in formula_arrays(layout).items()}

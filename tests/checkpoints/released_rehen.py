"""The variables of the released REHEN's TensorFlow checkpoints, written down from its facts."""

from __future__ import annotations

import numpy as np
from golden import formula_arrays


def released_rehen(channels: int = 8) -> dict[str, np.ndarray]:
    """What the network reads, by TensorFlow's names and in its layout."""
    layout = {}

    def dense(scope, shape, weights="weights", biases="biases"):
        bound = (4 / np.prod(shape[:-1])) ** 0.5
        layout[f"{scope}/{weights}"] = (shape, 0.0, bound)
        layout[f"{scope}/{biases}"] = (shape[-1:], 0.0, 0.2)

    def conv(scope, inputs, outputs=channels):
        dense(scope, (3, 3, inputs, outputs))

    def attention(scope):
        dense(f"{scope}/SEBlock/fully_connected", (channels, channels // 4))
        dense(f"{scope}/SEBlock/fully_connected_1", (channels // 4, channels))

    def conv_norm(scope, inputs):
        conv(f"{scope}/Conv", inputs)
        for name, centre in (("gamma", 1), ("beta", 0), ("moving_mean", 0), ("moving_variance", 1)):
            layout[f"{scope}/{name}"] = ((channels,), float(centre), 0.4)

    for index in range(5):
        block = f"derainNet/ReHEB/ReHEB_{index}"
        for gate in ("xz", "xr", "xn", "hz", "hr", "hn"):
            inputs = 3 if index == 0 and gate.startswith("x") else channels
            conv(f"{block}/REU/conv_{gate}", inputs)
        attention(block)
        if index:
            for residual in (1, 2):
                for number in (1, 2):
                    conv_norm(f"{block}/HEU/ResBlock_{residual}/Conv{number}", channels)
            conv_norm(f"{block}/HEU/Trans", 3 * channels)
            attention(f"{block}/HEU/Trans")
    conv("derainNet/RMG/Conv", channels)
    attention("derainNet/RMG")
    conv("derainNet/RMG/Conv_1", channels, 3)
    return formula_arrays(layout)


def with_training_state(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Add what the authors' checkpoints hold besides: Adam's moments and averaging counters."""
    extra: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        if "moving" in name:
            scope = name.rpartition("/")[0]
            extra[f"{scope}/{name}/biased"] = array
            extra[f"{scope}/{name}/local_step"] = np.float32(8)
        else:
            extra[f"{name}/Adam"] = extra[f"{name}/Adam_1"] = array
    return {**arrays, **extra}

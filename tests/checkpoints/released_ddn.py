"""What the checkpoints of DDN and SSIR hold, written down from their facts."""

from __future__ import annotations

import numpy as np
from golden import formula_arrays


def tensorflow_arrays(
    channels: int = 16, num_layers: int = 26, unlabelled: bool = False
) -> dict[str, np.ndarray]:
    """The variables of the TensorFlow network, and of SSIR's second branch."""
    layout = {}
    for number in range(1, num_layers + 1):
        inputs = 3 if number == 1 else channels
        outputs = 3 if number == num_layers else channels
        branches = (f"conv_{number}", f"conv_{number}_1") if unlabelled else (f"conv_{number}",)
        layout[f"conv_{number}/weights_{number}"] = ((3, 3, inputs, outputs), 0.0, 0.5)
        # The rain that the last scale gives is a fraction of the image's range.
        scale = 0.1 if number == num_layers else 1.0
        for branch in branches:
            layout[f"{branch}/biases_{number}"] = ((outputs,), 0.0, 0.2)
            layout[f"{branch}/scale_{number}"] = ((outputs,), scale, 0.5 * scale)
            layout[f"{branch}/beta_{number}"] = ((outputs,), 0.0, 0.3 * scale)
    return formula_arrays(layout)


def with_adam(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Add the optimizer's variables, which the checkpoints hold too."""
    moments = {f"{name}/Adam{n}": array for name, array in arrays.items() for n in ("", "_1")}
    powers = {f"beta{n}_power": np.float32(0) for n in (1, 2)}
    return {**arrays, **moments, **powers}


def matlab_lists(channels: int = 5, num_layers: int = 6) -> dict[str, list[np.ndarray]]:
    """The lists in the MATLAB file: kernels (W, H, in, out), and Caffe's running sums."""
    layout = {}
    for layer in range(num_layers):
        inputs = 3 if layer == 0 else channels
        outputs = 3 if layer == num_layers - 1 else channels
        scale = 15.0 if layer == num_layers - 1 else 1.0
        layout[f"weight.{layer}"] = ((3, 3, inputs, outputs), 0.0, 0.5)
        layout[f"bias.{layer}"] = ((outputs,), 0.0, 0.2)
        layout[f"BatchNorm_1.{layer}"] = ((outputs,), 0.0, 300.0)
        layout[f"BatchNorm_2.{layer}"] = ((outputs,), 1e3, 500.0)
        layout[f"BatchNorm_3.{layer}"] = ((1,), 1e3, 10.0)
        layout[f"Scale_1.{layer}"] = ((outputs,), scale, 0.5 * scale)
        layout[f"Scale_2.{layer}"] = ((outputs,), 0.0, 0.3 * scale)
    arrays = formula_arrays(layout)
    names = [name for name in layout if name.endswith(".0")]
    return {
        name.removesuffix(".0"): [
            arrays[f"{name.removesuffix('.0')}.{layer}"] for layer in range(num_layers)
        ]
        for name in names
    }

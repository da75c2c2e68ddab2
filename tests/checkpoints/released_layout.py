"""State dicts in the key layout of released code, written down from its facts."""

from __future__ import annotations

import numpy as np
import torch
from golden import formula_arrays


class Layout:
    """Collects the shape, centre and half width of each array by its key.

    Args:
        gain: How much each convolution enlarges values on average.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain
        self.arrays: dict[str, tuple[tuple[int, ...], float, float]] = {}

    def add(self, key: str, *shape: int, centre: float = 0.0, bound: float = 0.1) -> None:
        self.arrays[key] = (shape, centre, bound)

    def conv(
        self, name: str, inputs: int, outputs: int, side: int = 3, *, groups: int = 1, bias=False
    ) -> None:
        fan_in = inputs // groups * side * side
        shape = (outputs, inputs // groups, side, side)
        self.add(f"{name}.weight", *shape, bound=self.gain * (3 / fan_in) ** 0.5)
        if bias:
            self.add(f"{name}.bias", outputs)

    def linear(self, name: str, inputs: int, outputs: int, gain: float = 1.0) -> None:
        self.add(f"{name}.weight", outputs, inputs, bound=gain * (3 / inputs) ** 0.5)
        self.add(f"{name}.bias", outputs)

    def norm(self, name: str, channels: int) -> None:
        self.add(f"{name}.weight", channels, centre=1.0, bound=0.2)
        self.add(f"{name}.bias", channels)

    def batch_norm(self, name: str, channels: int) -> None:
        self.norm(name, channels)
        self.add(f"{name}.running_mean", channels)
        self.add(f"{name}.running_var", channels, centre=1.0, bound=0.5)

    def state_dict(self) -> dict[str, torch.Tensor]:
        arrays = formula_arrays(self.arrays)
        state = {key: torch.from_numpy(array) for key, array in arrays.items()}
        for key in self.arrays:
            if key.endswith(".running_var"):
                state[key.replace("running_var", "num_batches_tracked")] = torch.tensor(7)
        return state


def size(state: dict) -> int:
    """Number of values."""
    return sum(int(np.prod(value.shape)) for value in state.values())

"""The key layout of the released DCSFN's state dict, written down from its facts.

With it checkpoints in the authors' form can be made without their code. Weights and images
come from NumPy's legacy generator, whose stream is frozen, so that the outputs of the
released code recorded in ``released_dcsfn.json`` belong to them for good.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

GOLDEN_FILE = Path(__file__).with_suffix(".json")
SCALES = (1, 2, 4, 8)


@dataclass(frozen=True)
class Released:
    """The released settings that shape its network."""

    channel: int = 4
    num_encoder: int = 2
    scale_num: int = 4
    conv_num: int = 2
    unit: str = "GRU"
    single: bool = False

    def layout(self) -> dict[str, tuple[int, ...]]:
        """Shape of each tensor by its key, the parts that never take part included."""
        convs = {"convert.0": (3, self.channel, 3)}
        for suffix in ("",) if self.single else ("_scale1", "_scale2", "_scale4"):
            convs |= self._stack(f"encoder{suffix}") | self._stack(f"decoder{suffix}")
        if not self.single:
            convs |= self._fusion()
        convs["merge.0"] = ((1 if self.single else 3) * self.channel, 3, 1)
        convs["merge.2"] = (3, 3, 3)
        shapes: dict[str, tuple[int, ...]] = {}
        for key, (inputs, outputs, side) in convs.items():
            shapes[f"{key}.weight"] = (outputs, inputs, side, side)
            shapes[f"{key}.bias"] = (outputs,)
        return shapes

    def _stack(self, name: str) -> dict[str, tuple[int, int, int]]:
        c = self.channel
        scales = SCALES[: self.scale_num]
        convs = {}
        for i in range(self.num_encoder):
            convs[f"{name}.conv1x1.{i}.0"] = ((i + 2) * c, c, 1)
            for scale in scales:
                for j in range(self.conv_num):
                    convs[f"{name}.units.{i}.scale{scale}.{j}.0"] = (c, c, 3)
            for fine, coarse in pairwise(scales):
                convs[f"{name}.units.{i}.fusion{coarse}{fine}.0"] = (2 * c, c, 1)
            convs[f"{name}.units.{i}.fusion_all.0"] = (len(scales) * c, c, 1)
        return convs

    def _fusion(self) -> dict[str, tuple[int, int, int]]:
        c = self.channel
        gates = {"RNN": [""], "GRU": ["z", "r", "n"], "LSTM": ["f", "i", "o", "j"]}[self.unit]
        convs = {
            f"rec{number}_{scale}.conv_{part}{gate}": (c, c, 3)
            for number in (1, 2)
            for scale in (1, 2, 4)
            for part in "xh"
            for gate in gates
        }
        return convs | {f"fusion_{a}_2_{b}.0": (2 * c, c, 1) for a in (1, 2) for b in (1, 2)}

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Weights that keep the signal alive through the whole network."""
        random = np.random.RandomState(66)
        return {
            key: _uniform(random, shape, (3.6 / np.prod(shape[1:])) ** 0.5 if shape[1:] else 0.2)
            for key, shape in sorted(self.layout().items())
        }


def rgb_image(height: int, width: int) -> torch.Tensor:
    """One RGB image (1, 3, H, W) in [0, 1]."""
    return (_uniform(np.random.RandomState(7), (1, 3, height, width), 0.5) + 0.5).float()


def golden_cases() -> list[dict]:
    """Released settings, image size and what the released code gives for the image."""
    cases = json.loads(GOLDEN_FILE.read_text())
    for case in cases:
        case["settings"] = Released(**case["settings"])
    return cases


def golden_id(case: dict) -> str:
    s = case["settings"]
    kind = "single" if s.single else s.unit
    return f"{kind}-K{s.scale_num}-{case['height']}x{case['width']}"


def record(settings: Released, output: torch.Tensor, count: int = 12) -> dict:
    """Describe the released code's RGB output for :func:`golden_cases`."""
    flat = output.double().flatten()
    step = len(flat) // count
    return {
        "settings": asdict(settings),
        "height": output.shape[-2],
        "width": output.shape[-1],
        "mean": round(float(flat.mean()), 7),
        "step": step,
        "values": [round(float(v), 7) for v in flat[::step]],
    }


def _uniform(random: np.random.RandomState, shape: tuple[int, ...], bound: float) -> torch.Tensor:
    return torch.from_numpy((random.uniform(-1, 1, shape) * bound).astype(np.float32))

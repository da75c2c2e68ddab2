"""Weights and images that anyone can make again, and outputs of released code for them.

Weights and images come from NumPy's legacy generator, whose stream is frozen, so that the
outputs of the authors' code recorded in ``golden.json`` belong to them for good.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

GOLDEN_FILE = Path(__file__).with_suffix(".json")


def formula_arrays(layout: dict[str, tuple[tuple[int, ...], float, float]]) -> dict:
    """Arrays by name from the shape, the centre and the half width of each."""
    random = np.random.RandomState(66)
    return {
        key: (centre + random.uniform(-1, 1, shape) * bound).astype(np.float32)
        for key, (shape, centre, bound) in sorted(layout.items())
    }


def rgb_image(height: int, width: int) -> torch.Tensor:
    """One RGB image (1, 3, H, W) in [0, 1]."""
    values = np.random.RandomState(7).uniform(0, 1, (1, 3, height, width))
    return torch.from_numpy(values.astype(np.float32))


def record(outputs, count: int = 20) -> dict:
    """Describe the released code's RGB outputs, one a stage: some values of each and all."""
    flat = np.concatenate([np.asarray(output, dtype=np.float64).ravel() for output in outputs])
    places = np.random.RandomState(5).randint(0, flat.size, count)
    return {
        "stages": len(outputs),
        "mean": round(float(flat.mean()), 7),
        "values": [round(float(value), 7) for value in flat[places]],
    }


def assert_golden(name: str, network: torch.nn.Module) -> None:
    """Compare all stages of ``network`` with what the released code gave."""
    cases = [case for case in json.loads(GOLDEN_FILE.read_text()) if case["name"] == name]
    assert cases
    for case in cases:
        with torch.no_grad():
            found = record(network(rgb_image(case["height"], case["width"])))
        assert found["stages"] == case["stages"]
        np.testing.assert_allclose(found["values"], case["values"], atol=2e-5)
        np.testing.assert_allclose(found["mean"], case["mean"], atol=1e-5)

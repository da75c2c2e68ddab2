"""Compare the weights of two trainings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import torch


def weights_digest(weights: Mapping[str, torch.Tensor]) -> str:
    """Return the SHA-256 of names, types, shapes and bytes of a state dict, 64 hex digits."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        # NumPy has no bfloat16; bytes it has. A scalar has no bytes to view.
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


@dataclass(frozen=True)
class WeightDifference:
    """The largest difference between two state dicts.

    Attributes:
        largest: The absolute difference; infinite where names or shapes differ, or one of the two
            values is not finite.
        name: Where it is.
        relative: ``largest`` divided by the largest absolute value of that tensor.
    """

    largest: float
    name: str
    relative: float


def compare_weights(
    first: Mapping[str, torch.Tensor], second: Mapping[str, torch.Tensor]
) -> WeightDifference | None:
    """Return the largest difference between two state dicts, or None if all bits are equal."""
    if weights_digest(first) == weights_digest(second):
        return None
    found = WeightDifference(0.0, "", 0.0)
    for name in sorted({*first, *second}):
        one, other = first.get(name), second.get(name)
        if one is None or other is None or one.shape != other.shape:
            return WeightDifference(float("inf"), name, float("inf"))
        gap = (one.double() - other.double()).abs().nan_to_num(nan=float("inf"))
        largest = float(gap.max()) if gap.numel() else 0.0
        if largest > found.largest or not found.name:
            scale = float(one.double().abs().max()) if one.numel() else 0.0
            relative = largest / scale if scale else float(largest > 0) and float("inf")
            found = WeightDifference(largest, name, relative)
    return found

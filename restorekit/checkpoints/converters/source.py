"""Reading a state dict of somebody else's layout, and accounting for each of its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from restorekit.errors import CheckpointError


@dataclass(frozen=True)
class ConvertedNetwork:
    """What a converter made.

    Attributes:
        config: Config of our network.
        weights: Its state dict.
        facts: What else is known of the weights; plain data.
        summary: What was found, in a few words, for people.
        assumed: Parameters in ``config`` that the weights do not tell, and their values.
    """

    config: dict[str, Any]
    weights: dict[str, torch.Tensor]
    facts: dict[str, Any]
    summary: str
    assumed: dict[str, Any] = field(default_factory=dict)


#: What trainings keep a state dict under, beside other things.
_WRAPPERS = ("net", "state_dict", "model", "params")


class SourceWeights:
    """A state dict whose keys are taken one by one, so that none is overlooked.

    Args:
        content: The state dict, or a dict that holds it under a usual name.
        source: Its file, for messages.
        method: The method it should belong to, for messages.

    Raises:
        CheckpointError: If it is not a dict of tensors.
    """

    def __init__(self, content: object, source: str, method: str) -> None:
        self.source = source
        self.method = method
        if isinstance(content, Mapping):
            inner = (content[key] for key in _WRAPPERS if isinstance(content.get(key), Mapping))
            content = next(inner, content)
        if (
            not isinstance(content, Mapping)
            or not content
            or not all(isinstance(key, str) for key in content)
            or not all(isinstance(value, torch.Tensor) for value in content.values())
        ):
            raise self.error("it is not a dict of tensors")
        # DataParallel puts this before every key.
        bare = {key.removeprefix("module."): value for key, value in content.items()}
        self._left: dict[str, torch.Tensor] = bare

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def count(self, pattern: str) -> int:
        """Return how many of ``pattern.format(0)``, ``pattern.format(1)``, … there are in a row."""
        number = 0
        while pattern.format(number) in self._left:
            number += 1
        return number

    def shape(self, key: str) -> list[int]:
        """Return the shape of a key's tensor.

        Raises:
            CheckpointError: If there is no such key.
        """
        if key not in self._left:
            raise self.error(f"it has no {key!r}")
        return list(self._left[key].shape)

    def take(self, key: str) -> torch.Tensor:
        """Remove and return a tensor.

        Raises:
            CheckpointError: If there is no such key.
        """
        self.shape(key)
        return self._left.pop(key)

    def take_together(self, *keys: str, ndim: int) -> torch.Tensor:
        """Remove some tensors and return them concatenated along their first dimension.

        Raises:
            CheckpointError: If a key is missing, has not ``ndim`` dimensions, or the shapes
                do not fit together.
        """
        tensors = [self.take(key) for key in keys]
        if any(tensor.ndim != ndim for tensor in tensors):
            raise self.error(f"{', '.join(keys)}: expected {ndim} dimension(s)")
        if len({tensor.shape[1:] for tensor in tensors}) != 1:
            raise self.error(f"{', '.join(keys)} differ in shape")
        return torch.cat(tensors)

    def drop(self, *prefixes: str) -> int:
        """Remove all keys with one of the prefixes and return their number of parameters."""
        keys = [key for key in self._left if key.startswith(prefixes)]
        return sum(self._left.pop(key).numel() for key in keys)

    def require_empty(self) -> None:
        """Require that every key was taken or dropped.

        Raises:
            CheckpointError: If one is left.
        """
        if self._left:
            left = sorted(self._left)
            raise self.error(f"it has {len(left)} other parameters, for example {left[0]!r}")

    def error(self, reason: str) -> CheckpointError:
        """Return the error to raise when this is not what it should be."""
        return CheckpointError(
            f"{self.source} is not a checkpoint of the released {self.method}: {reason}."
        )

"""Read a state dict with other names and account for each of its keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from restorekit.checkpoints.state_dicts import find_state_dict
from restorekit.errors import CheckpointError

#: The licence of code and weights released by the authors of Restormer and MPRNet.
ACADEMIC_LICENCE = "academic, non-commercial"

#: What the state dict of a batch norm holds besides parameters.
_BUFFERS = (".running_mean", ".running_var", ".num_batches_tracked")


@dataclass(frozen=True)
class ConvertedNetwork:
    """The result of a converter.

    Attributes:
        config: Config of restorekit's network.
        weights: Its state dict.
        facts: Other facts about the weights; plain data.
        summary: One line that describes the network.
        assumed: Parameters in ``config`` that the weights do not determine, and their values.
    """

    config: dict[str, Any]
    weights: dict[str, torch.Tensor]
    facts: dict[str, Any]
    summary: str
    assumed: dict[str, Any] = field(default_factory=dict)


class SourceWeights:
    """A state dict whose keys are taken one by one, so that none is overlooked.

    Args:
        content: The state dict, or what contains it; see :func:`find_state_dict`.
        source: Name of its file, for messages.
        method: Name of the method that it should belong to, for messages.

    Attributes:
        facts: Iteration or epoch, if ``content`` has them.

    Raises:
        CheckpointError: If there are no tensors in it.
    """

    def __init__(self, content: object, source: str, method: str) -> None:
        self.source = source
        self.method = method
        try:
            found = find_state_dict(content, source)
        except CheckpointError as error:
            raise self.error("it is not a dict of tensors and holds none") from error
        self.facts = found.facts
        self._left = dict(found.weights)

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def count(self, pattern: str) -> int:
        """Count the keys ``pattern.format(0)``, ``pattern.format(1)``, … up to the first gap."""
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
            CheckpointError: If a key is missing, a tensor does not have ``ndim`` dimensions, or
                the shapes do not fit together.
        """
        tensors = [self.take(key) for key in keys]
        if any(tensor.ndim != ndim for tensor in tensors):
            raise self.error(f"{', '.join(keys)}: expected {ndim} dimension(s)")
        if len({tensor.shape[1:] for tensor in tensors}) != 1:
            raise self.error(f"{', '.join(keys)} differ in shape")
        return torch.cat(tensors)

    def rename(self, names: Iterable[tuple[str, str]]) -> dict[str, torch.Tensor]:
        """Remove tensors and return them under other names.

        Args:
            names: The new name and the key of each.

        Raises:
            CheckpointError: If a key is missing.
        """
        return {ours: self.take(theirs) for ours, theirs in names}

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

    def finish(
        self,
        config: dict[str, Any],
        converted: dict[str, torch.Tensor],
        details: str,
        *,
        dropped: int = 0,
        facts: dict[str, Any] | None = None,
        assumed: dict[str, Any] | None = None,
    ) -> ConvertedNetwork:
        """Require that every key was taken or dropped, and return the converted network.

        Args:
            config: Config of restorekit's network.
            converted: Its state dict.
            details: What describes the network in its summary, after the number of parameters.
            dropped: Number of parameters without effect that were dropped.
            facts: Facts about the weights besides :attr:`facts`.
            assumed: Parameters of the network that the weights do not determine.

        Raises:
            CheckpointError: If a key is left.
        """
        self.require_empty()
        total = count_parameters(converted)
        unused = f" ({dropped:,} that have no effect are left out)" if dropped else ""
        summary = f"{self.method} with {total:,} parameters{unused}: {details}"
        facts = {**self.facts, **(facts or {})}
        if dropped:
            facts["unused_parameters_dropped"] = dropped
        assumed = assumed or {}
        return ConvertedNetwork({**config, **assumed}, converted, facts, summary, assumed)

    def error(self, reason: str) -> CheckpointError:
        """Return the error that says why this is not a checkpoint of the method."""
        return CheckpointError(
            f"{self.source} is not a checkpoint of the released {self.method}: {reason}."
        )


def count_parameters(state: Mapping[str, torch.Tensor]) -> int:
    """Return the number of parameters in a state dict, without the buffers of batch norms."""
    return sum(value.numel() for key, value in state.items() if not key.endswith(_BUFFERS))

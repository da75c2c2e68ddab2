"""What the backends that run exported files have in common."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from restorekit.errors import ConfigError, did_you_mean
from restorekit.inference.export import DTYPES, ExportFacts
from restorekit.inference.receptive_field import ReceptiveField

from .backend import Backend


class ExportedBackend(Backend):
    """A graph that :func:`~restorekit.inference.export.export_file` wrote.

    Args:
        facts: What its metadata says.
    """

    def __init__(self, facts: ExportFacts) -> None:
        self.facts = facts
        self.size_requirements = facts.size_requirements

    @abstractmethod
    def run_graph(self, lq: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Run the graph on a batch (N, 3, H, W) that it takes."""

    def run(self, lq: torch.Tensor) -> torch.Tensor:
        """Return the network's final output, on the CPU."""
        batches = torch.split(lq.float().cpu().contiguous(), self.facts.batch or len(lq))
        outputs = [torch.from_numpy(self.run_graph(batch.numpy())) for batch in batches]
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs)

    def receptive_field(self) -> ReceptiveField:
        """Return what the metadata says, or probe where they say nothing."""
        found = self.facts.receptive_field
        return super().receptive_field() if found is None else ReceptiveField(**found)

    def peak_bytes(self, height: int, width: int) -> int | None:
        """Return the memory that PyTorch takes for an image of this size, if it was measured."""
        known = self.facts.bytes_a_pixel
        return None if known is None else int(known * height * width)


def chosen_dtype(dtype: str | torch.dtype | None, engine: str) -> str:
    """Return the type of an exported file's weights.

    Raises:
        ConfigError: If it is another than float32 or float16.
    """
    name = str(dtype or "float32").removeprefix("torch.")
    if name not in DTYPES:
        raise ConfigError(
            f"dtype {name!r} cannot be used with {engine}: give {' or '.join(DTYPES)}."
            f"{did_you_mean(name, DTYPES)}"
        )
    return name


def require_cpu(device: str | torch.device | None, engine: str) -> None:
    """Refuse other devices than the CPU.

    Raises:
        ConfigError: If it is another.
    """
    if device is not None and torch.device(device).type != "cpu":
        raise ConfigError(f"--device {device} cannot be used with {engine}: give cpu.")


def require_file(path: Path) -> Path:
    """Require that a file exists, before an engine reports it in its own words.

    Raises:
        CheckpointError: If it does not.
    """
    from restorekit.checkpoints.io import require_file as require

    return require(path)

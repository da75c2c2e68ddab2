"""What tiles, ensembles and the restorer need of an engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import torch

from restorekit.archs.sizing import SizeRequirements
from restorekit.inference.receptive_field import ReceptiveField, probe
from restorekit.registry import BACKENDS


class Backend(ABC):
    """A network on an engine and a device.

    Attributes:
        size_requirements: The image sizes that :meth:`run` takes; callers pad.
        device: Where :meth:`run` wants its input; outputs may be on any device.

    Example:
        >>> class Identity(Backend):
        ...     def run(self, lq):
        ...         return lq
        >>> from restorekit.inference import Restorer
        >>> bool((Restorer(Identity())(clean) == clean).all())
        True
    """

    size_requirements: SizeRequirements = SizeRequirements()
    device: torch.device = torch.device("cpu")

    @abstractmethod
    def run(self, lq: torch.Tensor) -> torch.Tensor:
        """Restore a batch.

        Several threads may call it, one at a time.

        Args:
            lq: float32 RGB (N, 3, H, W) in [0, 1] on :attr:`device`, of a size that
                :attr:`size_requirements` allow.

        Returns:
            The final output, of the same shape, floating point, not clamped.

        Raises:
            MemoryError: If there is not enough memory; PyTorch's own errors for that will do
                too. Smaller tiles are tried then.
        """

    def receptive_field(self) -> ReceptiveField:
        """Return what of an image an output pixel depends on; by default :func:`probe` runs it."""
        return probe(self.run, self.size_requirements, self.device)

    def peak_bytes(self, height: int, width: int) -> int | None:
        """Return the memory that :meth:`run` takes for one image, or None if that is not known."""
        return None

    def close(self) -> None:  # noqa: B027 - most backends have nothing to do
        """Release memory and handles; :meth:`run` is not called afterwards."""


def open_backend(
    name: str, path: Path, device: str | torch.device | None = None, dtype: str | None = None
) -> Backend:
    """Open a network file with the backend registered as ``name``.

    Args:
        name: ``pytorch``, or another name in ``restorekit list backends``.
        path: A network file, in whatever format the backend reads.
        device: ``cpu``, ``cuda``, ``cuda:1`` …; by default the backend's choice.
        dtype: ``float32``, ``float16`` or ``bfloat16``; by default float32.

    Raises:
        UnknownNameError: If no backend has that name.
        RestoreKitError: If the file, the device or the type cannot be used.

    Example:
        >>> from restorekit.hub import locate
        >>> backend = open_backend("pytorch", locate("derain-small"), device="cpu")
        >>> backend.run(torch.rand(1, 3, 32, 32)).shape
        torch.Size([1, 3, 32, 32])
    """
    backend: Backend = BACKENDS.get(name)(path, device, dtype)
    return backend

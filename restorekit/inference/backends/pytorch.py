"""Run a network with PyTorch."""

from __future__ import annotations

import contextlib
from pathlib import Path

import torch
from mmengine.device import get_device
from torch import nn

from restorekit.archs.sizing import size_requirements_of
from restorekit.checkpoints import load_network
from restorekit.errors import ConfigError, did_you_mean
from restorekit.registry import BACKENDS

from .backend import Backend

_DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


class PyTorchBackend(Backend):
    """A network in this process.

    Args:
        network: In eval mode; it is moved to the device.
        device: ``cpu``, ``cuda``, ``cuda:1`` …; by default where the network is.
        dtype: ``float16`` and ``bfloat16`` run under autocast; by default float32.

    Raises:
        ConfigError: If the device or the type cannot be used.
    """

    def __init__(
        self,
        network: nn.Module,
        device: str | torch.device | None = None,
        dtype: str | torch.dtype | None = None,
    ) -> None:
        self.network = network if device is None else _move(network, device)
        self.dtype = _dtype(dtype)
        self.size_requirements = size_requirements_of(network)
        first = next((parameter.device for parameter in self.network.parameters()), None)
        self.device = first or torch.device(device or "cpu")

    def run(self, lq: torch.Tensor) -> torch.Tensor:
        """Return the network's final output."""
        context: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
        if self.dtype != torch.float32:
            context = torch.autocast(self.device.type, self.dtype)
        with torch.inference_mode(), context:
            output = self.network(lq)
        final: torch.Tensor = output if isinstance(output, torch.Tensor) else output[-1]
        return final

    def close(self) -> None:
        """Let go of the network."""
        self.network = nn.Identity()


@BACKENDS.register_module("pytorch")
def open_pytorch(
    path: Path, device: str | torch.device | None = None, dtype: str | None = None
) -> PyTorchBackend:
    """Load a network file; by default onto a GPU where there is one."""
    return PyTorchBackend(load_network(path), device or get_device(), dtype)


def _dtype(dtype: str | torch.dtype | None) -> torch.dtype:
    name = str(dtype or "float32").removeprefix("torch.")
    if name not in _DTYPES:
        raise ConfigError(
            f"dtype {name!r} cannot be used: give one of {', '.join(_DTYPES)}."
            f"{did_you_mean(name, _DTYPES)}"
        )
    return _DTYPES[name]


def _move(network: nn.Module, device: str | torch.device) -> nn.Module:
    try:
        return network.to(device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"--device {device} cannot be used here: {reason}") from error

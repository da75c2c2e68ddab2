"""Run a network with PyTorch."""

from __future__ import annotations

import contextlib
import copy
import functools
import math
from pathlib import Path
from typing import Any

import torch
from mmengine.device import get_device
from torch import nn

from restorekit.archs.sizing import size_requirements_of
from restorekit.checkpoints import load_network
from restorekit.errors import ConfigError, did_you_mean, first_line
from restorekit.inference.memory import CPU_BUDGET, LiveTensors
from restorekit.inference.receptive_field import ReceptiveField, probe
from restorekit.registry import BACKENDS

from .backend import Backend

#: Side of the image that memory a pixel is measured for.
_MEASURED_SIDE = 512
#: Side of the image on which memory is measured where shapes alone do not do.
_SMALL = 64
_DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


class PyTorchBackend(Backend):
    """A network in this process.

    Args:
        network: In eval mode; it is moved to the device.
        device: ``cpu``, ``cuda``, ``cuda:1`` …; by default where the network is.
        dtype: ``float16`` and ``bfloat16`` run under autocast; by default float32.

    Raises:
        ConfigError: If the device or the type cannot be used.

    Example:
        >>> from restorekit.archs import DDN
        >>> PyTorchBackend(DDN(channels=4).eval()).run(torch.rand(1, 3, 32, 32)).shape
        torch.Size([1, 3, 32, 32])
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
        self._outline: nn.Module | None = None
        first = next((parameter.device for parameter in self.network.parameters()), None)
        self.device = first or torch.device(device or "cpu")

    def run(self, lq: torch.Tensor) -> torch.Tensor:
        """Return the network's final output."""
        context: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
        if self.dtype != torch.float32:
            context = torch.autocast(self.device.type, self.dtype)
        with torch.inference_mode(), context:
            return _final(self.network(lq))

    def receptive_field(self) -> ReceptiveField:
        """Probe the network on the CPU in float32, which is exact enough to compare outputs."""
        network = self.network
        if self.device.type != "cpu":
            network = copy.deepcopy(network).cpu()

        def run(lq: torch.Tensor) -> torch.Tensor:
            with torch.inference_mode():
                return _final(network(lq))

        def affordable(height: int, width: int) -> bool:
            return self.bytes_a_pixel * height * width <= CPU_BUDGET

        return probe(run, self.size_requirements, torch.device("cpu"), affordable)

    @functools.cached_property
    def bytes_a_pixel(self) -> float:
        """Bytes that a pixel of an image of 512×512 takes."""
        height, width = self.size_requirements.fit(_MEASURED_SIDE, _MEASURED_SIDE)
        return self.peak_bytes(height, width) / (height * width)

    def peak_bytes(self, height: int, width: int) -> int:
        """Count the tensors of a pass that computes shapes only, or of a real, small one."""
        try:
            if self._outline is None:
                self._outline = copy.deepcopy(self.network).to("meta")
            with torch.no_grad(), LiveTensors() as live:
                self._outline(torch.empty(1, 3, height, width, device="meta"))
            peak: int = live.peak
            return peak
        except (RuntimeError, TypeError):
            # An operation that needs values.
            small = self.size_requirements.fit(_SMALL, _SMALL)
            with torch.no_grad(), LiveTensors() as live:
                self.network(torch.zeros(1, 3, *small, device=self.device))
            return int(live.peak * height * width / math.prod(small))

    def close(self) -> None:
        """Let go of the network."""
        self.network = nn.Identity()
        self._outline = None


def _final(output: Any) -> torch.Tensor:
    final: torch.Tensor = output if isinstance(output, torch.Tensor) else output[-1]
    return final


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
        raise ConfigError(f"--device {device} cannot be used here: {first_line(error)}") from error

"""Networks of spandrel, which recognises the checkpoints of many methods by their weights.

The package imports torchvision for two networks that are not for restoration; without a working
torchvision the others can be used.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import torch
from torch import nn

from restorekit.archs.sizing import SizeRequirements, with_padding
from restorekit.checkpoints.converters import ConvertedNetwork, Format, register_format
from restorekit.checkpoints.io import load_file
from restorekit.checkpoints.network_config import build_network
from restorekit.checkpoints.state_dicts import find_state_dict
from restorekit.errors import (
    CheckpointError,
    ConfigError,
    MissingDependencyError,
    UnknownNameError,
    did_you_mean,
    first_line,
)
from restorekit.registry import MODELS

from .stand_in import importable_torchvision

#: Prefix of the authors' keys in the state dict of :class:`SpandrelNetwork`.
_PREFIX = "model."


class SpandrelNetwork(nn.Module):
    """A network that spandrel has loaded.

    In evaluation it is called as spandrel calls it, which clamps the output to [0, 1]; in training
    the authors' module is called.

    Args:
        descriptor: spandrel's ``ImageModelDescriptor``.

    Attributes:
        model: The authors' module, with their keys.
        size_requirements: The sizes that it takes.
    """

    def __init__(self, descriptor: Any) -> None:
        super().__init__()
        self.model: nn.Module = descriptor.model
        self._descriptor = descriptor
        sizes = descriptor.size_requirements
        self.size_requirements = SizeRequirements(
            max(sizes.minimum, 1), sizes.multiple_of, sizes.square
        )

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        restored: torch.Tensor = (self.model if self.training else self._descriptor)(lq)
        return restored


@MODELS.register_module(name="SpandrelArch")
def spandrel_arch(name: str, **parameters: Any) -> SpandrelNetwork:
    """Build a network of spandrel's by name.

    Args:
        name: The network's class in spandrel, such as ``NAFNet`` or ``SwinIR``.
        **parameters: Parameters of the class; the others have spandrel's defaults.

    Raises:
        MissingDependencyError: If spandrel is not installed.
        UnknownNameError: If spandrel has no such network.
        ConfigError: If the network cannot be built with these parameters, or does not restore
            RGB images at their own size.

    Example:
        >>> from restorekit.registry import MODELS
        >>> cfg = dict(type="SpandrelArch", name="NAFNet", width=16, middle_blk_num=1,
        ...            enc_blk_nums=[1], dec_blk_nums=[1])
        >>> network = MODELS.build(cfg)  # doctest: +SKIP
    """
    spandrel = import_spandrel()
    known = _networks(spandrel)
    if name not in known:
        raise UnknownNameError(
            f"SpandrelArch: spandrel has no network {name!r}.{did_you_mean(name, known)} "
            f"It has {', '.join(sorted(known))}."
        )
    architecture, network_class = known[name]
    try:
        network = network_class(**parameters)
        # Loading is what determines sizes and channels; it reads them off the weights.
        descriptor = architecture.load(dict(network.state_dict()))
    except (TypeError, ValueError, KeyError, AssertionError) as error:
        raise ConfigError(
            f"spandrel's {name} cannot be built with {parameters}: {type(error).__name__}: {error}."
        ) from error
    reason = _why_not(spandrel, descriptor)
    if reason:
        raise ConfigError(f"SpandrelArch: {name} with {parameters} {reason}.")
    return SpandrelNetwork(descriptor)


def load_with_spandrel(path: str | os.PathLike[str]) -> nn.Module:
    """Load the network of any checkpoint that spandrel recognises.

    The file is read by restorekit's own reader, which runs no code from it.

    Args:
        path: The authors' file.

    Returns:
        The network in eval mode, on the CPU, for images of any size.

    Raises:
        MissingDependencyError: If spandrel is not installed.
        CheckpointError: If the file cannot be read safely or is not recognised, or the network
            does not restore RGB images at their own size.
    """
    found = find_state_dict(load_file(path), os.fspath(path))
    converted = convert_spandrel(found.weights, os.fspath(path))
    return with_padding(build_network(converted.config, converted.weights, path))


def convert_spandrel(content: Mapping[str, torch.Tensor], source: str) -> ConvertedNetwork:
    """Convert any checkpoint that spandrel recognises.

    Args:
        content: The state dict.
        source: Name of the file, for messages.

    Raises:
        MissingDependencyError: If spandrel is not installed.
        CheckpointError: See :func:`load_with_spandrel`.
    """
    spandrel = import_spandrel()
    try:
        descriptor = spandrel.ModelLoader().load_from_state_dict(dict(content))
    except spandrel.UnsupportedModelError as error:
        raise CheckpointError(
            f"{source}: spandrel {spandrel.__version__} does not recognise these weights."
        ) from error
    except (RuntimeError, ValueError, KeyError, TypeError, IndexError, AssertionError) as error:
        said = first_line(error)
        raise CheckpointError(f"{source}: spandrel cannot load these weights: {said}") from error
    reason = _why_not(spandrel, descriptor)
    if reason:
        raise CheckpointError(f"{source}: the network, {descriptor.architecture.name}, {reason}.")
    config = {
        "type": "SpandrelArch",
        "name": type(descriptor.model).__name__,
        **_parameters(descriptor.model),
    }
    weights = {f"{_PREFIX}{key}": value for key, value in descriptor.model.state_dict().items()}
    total = sum(parameter.numel() for parameter in descriptor.model.parameters())
    summary = f"{descriptor.architecture.name} with {total:,} parameters, as spandrel has it"
    return ConvertedNetwork(config, weights, {"spandrel": spandrel.__version__}, summary)


def import_spandrel() -> ModuleType:
    """Import spandrel, also where there is no working torchvision.

    Raises:
        MissingDependencyError: If it is not installed.
    """
    try:
        if "spandrel" not in sys.modules:
            with importable_torchvision("spandrel"):
                import spandrel  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"Checkpoints of other toolboxes need the package {error.name}; "
            "`pip install --no-deps spandrel einops` installs it without replacing PyTorch."
        ) from error
    return sys.modules["spandrel"]


def _networks(spandrel: ModuleType) -> dict[str, tuple[Any, type[nn.Module]]]:
    """Return spandrel's architectures and the classes that they load, by name of the class."""
    found = {}
    for supported in spandrel.MAIN_REGISTRY:
        architecture = supported.architecture
        for one in vars(sys.modules[type(architecture).__module__]).values():
            if isinstance(one, type) and hasattr(one, "hyperparameters"):
                found[one.__name__] = architecture, one
    return found


def _parameters(network: Any) -> dict[str, Any]:
    """Return what a network was built with, as far as it differs from the defaults."""
    accepted = inspect.signature(type(network)).parameters
    return {
        key: value
        for key, value in network.hyperparameters.items()
        if key in accepted and value is not accepted[key].default
    }


def _why_not(spandrel: ModuleType, descriptor: Any) -> str | None:
    """Return why a network does not restore RGB images at their own size, if so."""
    if not isinstance(descriptor, spandrel.ImageModelDescriptor):
        return "needs more than an image, such as a mask"
    if descriptor.scale != 1:
        return f"enlarges images {descriptor.scale} times"
    if (descriptor.input_channels, descriptor.output_channels) != (3, 3):
        return f"takes images of {descriptor.input_channels} channels, not RGB"
    return None


register_format("spandrel", Format(convert_spandrel))

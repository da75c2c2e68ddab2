"""The checks of each kind of part, and how a part is built for them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from mmengine.hooks import Hook
from torch import nn

from restorekit.checkpoints.converters import FORMATS
from restorekit.errors import CheckpointError, ConfigError
from restorekit.registry import DATASETS, HOOKS, MEASURES, MODELS, TRANSFORMS

from .networks import NETWORK_CHECKS, with_random_weights
from .outcome import Outcome, describe, require, run_checks
from .pieces import BLOCK_CHECKS, LOSS_CHECKS, MEASURE_CHECKS, TRANSFORM_CHECKS


def _names(registry: Any) -> set[str]:
    """Return the names in a registry, its own parts and those of plugins included."""
    registry.import_from_location()
    return set(registry.module_dict)


_REGISTRIES: Mapping[str, Any] = MappingProxyType(
    {
        "model": MODELS,
        "dataset": DATASETS,
        "transform": TRANSFORMS,
        "measure": MEASURES,
        "hook": HOOKS,
    }
)
#: The kinds of parts that plugins register, and what returns the names registered so far.
KINDS: Mapping[str, Callable[[], set[str]]] = MappingProxyType(
    {
        **{kind: functools.partial(_names, registry) for kind, registry in _REGISTRIES.items()},
        "converter": lambda: set(FORMATS),
    }
)


def check_part(kind: str, name: str, arguments: Mapping[str, Any]) -> list[Outcome]:
    """Run all checks of a registered part.

    Args:
        kind: A key of :data:`KINDS`. Networks, losses and blocks are ``model``: calling the
            part shows which of them it is.
        name: Its registered name.
        arguments: What to build it with.

    Returns:
        The outcome of each check; a part that cannot be built fails one called "can be built".
    """
    if kind == "converter":
        return run_checks(name, {"refuses other files": _refuses_other_files}, name)
    try:
        part = _build(kind, name, arguments)
    except Exception as error:
        remedy = f"--set {name}.ARGUMENT=VALUE gives it arguments"
        return [Outcome(name, "can be built", f"{describe(error)}; {remedy}")]
    if kind == "model":
        return _check_model(name, part, arguments)
    if kind == "measure":
        return run_checks(name, MEASURE_CHECKS, part)
    if kind == "transform":
        return run_checks(name, TRANSFORM_CHECKS, part)
    if kind == "hook":
        return run_checks(name, {"is a hook": _is_a_hook}, part)
    return run_checks(name, {"gives samples": _gives_samples}, part)


def _build(kind: str, name: str, arguments: Mapping[str, Any]) -> Any:
    registry = _REGISTRIES[kind]
    if kind != "measure":
        return registry.build({"type": name, **arguments})
    found = registry.get(name)
    # A plain function is a measure as it is.
    return found(**arguments) if isinstance(found, type) else found


def _check_model(name: str, part: Any, arguments: Mapping[str, Any]) -> list[Outcome]:
    if not isinstance(part, nn.Module):
        return [Outcome(name, "is a torch.nn.Module", f"it is a {type(part).__name__}")]
    if _is_a_loss(part):
        return run_checks(name, LOSS_CHECKS, part)
    if not _is_a_network(part):
        return run_checks(name, BLOCK_CHECKS, part)
    build = functools.partial(MODELS.build, {"type": name, **arguments})
    return run_checks(name, NETWORK_CHECKS, with_random_weights(build))


def _is_a_loss(part: nn.Module) -> bool:
    image = torch.rand(1, 3, 64, 64)
    try:
        value = part(image, image.clone())
    except Exception:
        return False
    values = value.values() if isinstance(value, dict) else [value]
    return all(isinstance(one, torch.Tensor) and one.ndim == 0 for one in values)


def _is_a_network(part: nn.Module) -> bool:
    """Return whether it takes RGB images and returns some, or declares so by its attributes."""
    if hasattr(part, "size_requirements") or hasattr(part, "forward_train"):
        return True
    try:
        with torch.no_grad():
            output = part(torch.rand(1, 3, 64, 64))
    except Exception:
        return False
    final = output if isinstance(output, torch.Tensor) else output[-1]
    return isinstance(final, torch.Tensor) and final.shape[:2] == (1, 3)


def _is_a_hook(hook: Any) -> None:
    require(isinstance(hook, Hook), f"it is a {type(hook).__name__}, not an mmengine Hook")


def _gives_samples(dataset: Any) -> None:
    require(len(dataset) > 0, "it is empty")
    sample = dataset[0]
    missing = {"lq", "name", "index"} - set(sample) if isinstance(sample, dict) else {"a dict"}
    packed = isinstance(sample, dict) and "inputs" in sample
    require(packed or not missing, f"its samples lack {', '.join(sorted(missing))}")


def _refuses_other_files(name: str) -> None:
    try:
        FORMATS[name].convert({"layer.weight": torch.zeros(1)}, "another method's file")
    except (CheckpointError, ConfigError):
        return
    require(False, "it accepts the weights of another network; raise CheckpointError")

"""Networks from configs that a stranger may have written.

A network file carries its network's config, and building from a config calls whatever
``type`` names. mmengine's registries also resolve ``os.system``: here only names that are
registered with this toolbox (its own and those of installed plugins) get through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from restorekit.errors import CheckpointError, did_you_mean
from restorekit.registry import MODELS

#: Deeper nesting than any network's config has; a config may also contain itself.
_MAX_DEPTH = 20


def check_network_config(config: object, source: object) -> None:
    """Require plain data that names nothing but registered networks and blocks.

    Args:
        config: What a file says its network is.
        source: The file, for messages.

    Raises:
        CheckpointError: If it is anything else; nothing has been built or imported then
            but the toolbox and its installed plugins.
    """
    if not isinstance(config, Mapping) or "type" not in config:
        raise CheckpointError(
            f"{source}: the network's config is {_short(config)}; it must be a dict with a 'type'."
        )
    MODELS.import_from_location()
    _check_value(config, "network", source, 0)


def build_network(
    config: Mapping[str, Any], weights: Mapping[str, torch.Tensor], source: object
) -> nn.Module:
    """Build the network of a checked config and give it its weights.

    The state of the global random number generator is left as it was.

    Args:
        config: The network's config; see :func:`check_network_config`.
        weights: Its state dict.
        source: The file, for messages.

    Returns:
        The network in eval mode, on the CPU.

    Raises:
        CheckpointError: If the config is not allowed or cannot be built, or the weights do
            not fit.
    """
    check_network_config(config, source)
    try:
        with torch.random.fork_rng(devices=[]):
            network = MODELS.build(dict(config))
    except Exception as error:
        # A stranger's values may fail in any way, in any network's constructor.
        raise CheckpointError(
            f"{source}: its network {config['type']} cannot be built: {error}"
        ) from error
    if not isinstance(network, nn.Module):
        raise CheckpointError(f"{source}: {config['type']!r} is not a network.")
    load_weights(network, weights, source)
    return network.eval()


def load_weights(module: nn.Module, weights: Mapping[str, torch.Tensor], source: object) -> None:
    """Copy ``weights`` into ``module``, all of them or none.

    Raises:
        CheckpointError: If keys or shapes differ; the first ones are named.
    """
    own = module.state_dict()
    differences = [
        f"{_some(keys)} {what}"
        for what, keys in (
            ("missing", own.keys() - weights.keys()),
            ("unexpected", weights.keys() - own.keys()),
            (
                "of another shape",
                {k for k in own.keys() & weights.keys() if own[k].shape != weights[k].shape},
            ),
        )
        if keys
    ]
    if differences:
        raise CheckpointError(
            f"{source}: the weights do not fit the network {type(module).__name__} "
            f"({'; '.join(differences)}); use the config they were trained with."
        )
    module.load_state_dict(weights)


def _check_value(value: object, key: str, source: object, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise CheckpointError(f"{source}: the network's config is nested too deeply at {key}.")
    if isinstance(value, Mapping):
        for name, item in value.items():
            if not isinstance(name, str) or name.startswith("_"):
                # mmengine's _scope_ would import another package.
                raise CheckpointError(
                    f"{source} is refused: {_short(name)} in {key} is not the name of a parameter."
                )
            if name == "type":
                _check_type(item, f"{key}.type", source)
            _check_value(item, f"{key}.{name}", source, depth + 1)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _check_value(item, f"{key}[{index}]", source, depth + 1)
    elif value is not None and not isinstance(value, (bool, int, float, str)):
        raise CheckpointError(
            f"{source} is refused: {key} is a {type(value).__name__}, and a network's config "
            "holds plain numbers, strings, lists and dicts only."
        )


def _check_type(name: object, key: str, source: object) -> None:
    known: Mapping[str, Any] = MODELS.module_dict
    if isinstance(name, str) and name in known:
        return
    raise CheckpointError(
        f"{source} is refused: {key} is {_short(name)}, which is not a registered model."
        f"{did_you_mean(str(name), known)} If a plugin package defines it, install that first; "
        "other Python objects are never taken from a file."
    )


def _some(keys: set[str]) -> str:
    """Return the number of keys and the first three."""
    first = ", ".join(sorted(keys)[:3])
    return f"{len(keys)} ({first}{', …' if len(keys) > 3 else ''})"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"

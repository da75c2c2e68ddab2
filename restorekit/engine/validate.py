"""Finding misspelt names in a config before anything is built from it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from restorekit.errors import ConfigError, UnknownNameError, did_you_mean
from restorekit.registry import (
    DATA_SAMPLERS,
    DATASETS,
    HOOKS,
    LOOPS,
    METRICS,
    MODELS,
    OPTIMIZERS,
    PARAM_SCHEDULERS,
    TRANSFORMS,
    Registry,
)

#: Which registry the dicts with a ``type`` below each key of a config come from. The
#: deepest key that is named here counts.
_REGISTRIES: dict[str, Registry] = {
    "model": MODELS,
    "dataset": DATASETS,
    "datasets": DATASETS,
    "pipeline": TRANSFORMS,
    "sampler": DATA_SAMPLERS,
    "val_evaluator": METRICS,
    "test_evaluator": METRICS,
    "default_hooks": HOOKS,
    "custom_hooks": HOOKS,
    "train_cfg": LOOPS,
    "val_cfg": LOOPS,
    "test_cfg": LOOPS,
    "optimizer": OPTIMIZERS,
    "param_scheduler": PARAM_SCHEDULERS,
}
#: What mmengine takes out of a dict before it builds from the rest.
_TAKEN_OUT = {"type", "_scope_", "priority"}


def check_config(config: Mapping[str, Any]) -> None:
    """Look up every ``type`` and every argument beside it.

    Raises:
        ConfigError: If a name is not registered, or something registered takes no such
            argument; the key and the nearest valid name are given.
    """
    for key, value, registry in _typed_dicts(dict(config.items()), "", None):
        name = value["type"]
        if not isinstance(name, str) or "." in name:
            # A class, or a path into another package: not ours to look up.
            continue
        try:
            built = registry.get(name)
        except UnknownNameError as error:
            raise ConfigError(f"{key}.type: {error}") from error
        _check_arguments(key, name, built, value)


def _typed_dicts(
    value: Any, key: str, registry: Registry | None
) -> Iterator[tuple[str, Mapping[str, Any], Registry]]:
    if isinstance(value, Mapping):
        if registry is not None and "type" in value:
            yield key, value, registry
        for name, item in value.items():
            inner = f"{key}.{name}" if key else str(name)
            yield from _typed_dicts(item, inner, _REGISTRIES.get(str(name), registry))
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _typed_dicts(item, f"{key}[{number}]", registry)


def _check_arguments(key: str, name: str, built: Any, value: Mapping[str, Any]) -> None:
    parameters = inspect.signature(built).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    for argument in value:
        if argument not in parameters and argument not in _TAKEN_OUT:
            raise ConfigError(
                f"{key}.{argument}: {name} takes no {argument!r}."
                f"{did_you_mean(str(argument), parameters)} It takes {', '.join(parameters)}."
            )

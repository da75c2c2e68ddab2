"""Finding misspelt names in a config before anything is built from it."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.runner import Runner
from torch.utils.data import DataLoader

from restorekit.errors import ConfigError, UnknownNameError, did_you_mean
from restorekit.registry import (
    DATA_SAMPLERS,
    DATASETS,
    HOOKS,
    LOOPS,
    MEASURES,
    METRICS,
    MODELS,
    OPTIM_WRAPPERS,
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
    "measures": MEASURES,
    "default_hooks": HOOKS,
    "custom_hooks": HOOKS,
    "train_cfg": LOOPS,
    "val_cfg": LOOPS,
    "test_cfg": LOOPS,
    "optim_wrapper": OPTIM_WRAPPERS,
    "optimizer": OPTIMIZERS,
    "param_scheduler": PARAM_SCHEDULERS,
}
#: What mmengine takes out of a dict before it builds from the rest.
_TAKEN_OUT = {"type", "_scope_", "priority", "constructor", "paramwise_cfg"}
#: What the Runner takes from a config, and what we take beside it.
TOP_LEVEL_KEYS = {*inspect.signature(Runner.__init__).parameters, "custom_imports", "method"}
_LOADER_KEYS = {
    *inspect.signature(DataLoader.__init__).parameters,
    *("total_batch_size", "num_batch_per_epoch"),
}
#: How alike an unknown top-level key and a known one must be to be taken for a misspelling:
#: configs may have keys of their own.
_MISSPELLED = 0.85


def check_config(config: Mapping[str, Any]) -> None:
    """Look up every ``type`` and every argument beside it.

    Raises:
        ConfigError: If a name is not registered, or something registered takes no such
            argument; the key and the nearest valid name are given. If ``train_cfg`` chooses
            its loop twice.
    """
    for key, value in config.items():
        if key not in TOP_LEVEL_KEYS and not key.startswith("_"):
            close = difflib.get_close_matches(key, TOP_LEVEL_KEYS, 1, _MISSPELLED)
            if close:
                raise ConfigError(f"The config has a key {key!r}; it should be {close[0]!r}.")
        if key.endswith("_dataloader") and isinstance(value, Mapping) and "dataset" in value:
            _require_known(key, "a data loader", value, _LOADER_KEYS)
    loop = config.get("train_cfg")
    if isinstance(loop, Mapping) and {"type", "by_epoch"} <= loop.keys():
        raise ConfigError(
            f"train_cfg has both type={loop['type']!r} and by_epoch={loop['by_epoch']}, which "
            "choose the loop twice: leave by_epoch out, or inherit with _delete_=True."
        )
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
    _require_known(key, name, value, set(parameters) | _TAKEN_OUT)


def _require_known(key: str, what: str, value: Mapping[str, Any], known: set[str]) -> None:
    for argument in value:
        if argument not in known:
            takes = ", ".join(sorted(known - _TAKEN_OUT - {"self"}))
            raise ConfigError(
                f"{key}.{argument}: {what} takes no {argument!r}."
                f"{did_you_mean(str(argument), known)} It takes {takes}."
            )

"""Finding misspelt names and impossible values in a config, and naming their keys."""

from __future__ import annotations

import contextlib
import difflib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.runner import Runner
from torch.utils.data import DataLoader

from restorekit.errors import ConfigError, RestoreKitError, UnknownNameError, did_you_mean
from restorekit.registry import (
    DATA_SAMPLERS,
    DATASETS,
    FUNCTIONS,
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

from .mmengine_patches import types_that_failed

#: Which registry the dicts with a ``type`` below each key of a config come from. The
#: deepest key that is named here counts.
_REGISTRIES: dict[str, Registry] = {
    "model": MODELS,
    "dataset": DATASETS,
    "datasets": DATASETS,
    "pipeline": TRANSFORMS,
    "before": TRANSFORMS,
    "before_rain": TRANSFORMS,
    "degradations": TRANSFORMS,
    "sampler": DATA_SAMPLERS,
    "batch_sampler": DATA_SAMPLERS,
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
    "collate_fn": FUNCTIONS,
}
#: The least value of whole numbers, by the end of their key.
_LEAST = {
    "batch_size": 1,
    "total_batch_size": 1,
    "base_batch_size": 1,
    "iters": 1,
    "patch_size": 1,
    "num_workers": 0,
    "prefetch_factor": 1,
    "max_epochs": 1,
    "max_iters": 1,
    "val_interval": 1,
    "accumulative_counts": 1,
    "randomness.seed": 0,
}
#: What a constructor raises about an argument.
_REFUSALS = (
    *(TypeError, ValueError, AssertionError, LookupError, ArithmeticError, AttributeError),
    *(RuntimeError, OSError),
)
#: What mmengine takes out of a dict before it builds from the rest.
_TAKEN_OUT = {"type", "_scope_", "priority", "constructor", "paramwise_cfg"}
#: What the Runner and restorekit read from the top level of a config.
TOP_LEVEL_KEYS = {
    *inspect.signature(Runner.__init__).parameters,
    *("custom_imports", "method", "model_wrapper_cfg", "find_unused_parameters", "sync_bn"),
    *("activation_checkpointing", "efficient_conv_bn_eval", "test_sets", "exclude_leaks"),
}
_LOADER_KEYS = {
    *inspect.signature(DataLoader.__init__).parameters,
    *("total_batch_size", "num_batch_per_epoch"),
}
#: How alike an unknown top-level key and a known one must be to be taken for a misspelling:
#: configs may have keys of their own.
_MISSPELLED = 0.85


def check_config(config: Mapping[str, Any]) -> None:
    """Look up every ``type`` and every argument beside it, and check whole numbers.

    Raises:
        ConfigError: If a name is not registered, or something registered takes no such argument
            (the key and the nearest valid name are given), a number is impossible, or two keys
            contradict each other.
    """
    for key, value in config.items():
        if key not in TOP_LEVEL_KEYS and not key.startswith("_"):
            close = difflib.get_close_matches(key, TOP_LEVEL_KEYS, 1, _MISSPELLED)
            if close:
                raise ConfigError(f"The config has a key {key!r}; it should be {close[0]!r}.")
        if key.endswith("_dataloader") and isinstance(value, Mapping):
            for inner, loader in _loaders(key, value):
                _require_known(inner, "a data loader", loader, _LOADER_KEYS)
    _check_numbers(dict(config.items()), "")
    loop = config.get("train_cfg")
    if isinstance(loop, Mapping) and {"type", "by_epoch"} <= loop.keys():
        raise ConfigError(
            f"train_cfg has both type={loop['type']!r} and by_epoch={loop['by_epoch']}, which "
            "choose the loop twice: leave by_epoch out, or inherit with _delete_=True."
        )
    for key, value, registry in _typed_dicts(dict(config.items()), "", None):
        name = value["type"]
        if not isinstance(name, str) or "." in name:
            # A class, or a path into another package, that no registry of restorekit holds.
            continue
        try:
            built = registry.get(name)
        except UnknownNameError as error:
            raise ConfigError(f"{key}.type: {error}") from error
        _check_arguments(key, name, built, value)


@contextlib.contextmanager
def naming_key(key: str, config: Mapping[str, Any]) -> Iterator[None]:
    """Turn what a constructor says of its arguments into one sentence with the config's key.

    Args:
        key: What is built, at least.
        config: Searched for the place of what failed.

    Raises:
        ConfigError: In place of the other error.
    """
    try:
        yield
    except ConfigError as error:
        name, key = _what_failed(error, key, config)
        if name is None or key in str(error):
            raise
        raise ConfigError(f"{key}: {error}") from error
    except RestoreKitError:
        raise
    except _REFUSALS as error:
        name, key = _what_failed(error, key, config)
        lines = str(error).strip().splitlines() or [""]
        what = f"{name} cannot be built" if name else "cannot be built"
        raise ConfigError(f"{key}: {what}: {type(error).__name__}: {lines[0]}") from error


def _what_failed(error: Exception, key: str, config: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the type that failed to be built, and the innermost key that leads to it."""
    names = types_that_failed(error)
    typed = [
        (value["type"], at)
        for at, value, _ in _typed_dicts(dict(config.items()), "", None)
        if at.startswith(key)
    ]
    for name in names:
        keys = [at for kind, at in typed if kind == name]
        if len(keys) == 1:
            key = keys[0]
    return names[-1] if names else None, key


def _check_numbers(value: Any, key: str) -> None:
    if isinstance(value, Mapping):
        if None not in (value.get("total_batch_size"), value.get("batch_size")):
            raise ConfigError(
                f"{key} has total_batch_size={value['total_batch_size']} (of all processes) and "
                f"batch_size={value['batch_size']} (of each): set one of them to None."
            )
        for name, item in value.items():
            _check_numbers(item, f"{key}.{name}" if key else str(name))
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            _check_numbers(item, f"{key}[{number}]")
    elif value is not None:
        least = _LEAST.get(key.rpartition(".")[2], _LEAST.get(key))
        if least is not None and (type(value) is not int or value < least):
            raise ConfigError(f"{key}={value!r} must be a whole number of at least {least}.")


def _loaders(key: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the one data loader of a key, or those of several sets by name."""
    if "dataset" in value:
        yield key, value
        return
    for name, loader in value.items():
        if isinstance(loader, Mapping) and "dataset" in loader:
            yield f"{key}.{name}", loader


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

"""Build networks from configs that a stranger may have written.

A network file carries its network's config, and building from a config calls whatever
``type`` names. mmengine's registries also resolve ``os.system``: here only names that are
registered with this toolbox (its own and those of installed plugins) are allowed. A network is
first built without memory, on PyTorch's meta device, and compared with the weights.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from restorekit.errors import CheckpointError, did_you_mean, one_line
from restorekit.registry import MODELS

#: Deeper nesting than any network's config has; a config may also contain itself.
_MAX_DEPTH = 20
#: More values than any network's config has; lists in a pickle may share their items.
_MAX_VALUES = 10_000
#: Larger than any width or depth.
_MAX_NUMBER = 65_536
#: Parameters that repeat the same weights: they cost time, and no shape limits them.
_REPEATS = re.compile(r"stage|recur|iter|step|loop|repeat")
_MAX_REPEATS = 1_000
#: Calls of PyTorch that building may take, at least and for each tensor in the file: creating
#: and initialising one takes about seven.
_CALLS = (5_000, 40)
#: Functions with nothing to do where tensors have no values.
_INITIALISERS = frozenset(
    item for name, item in vars(nn.init).items() if name.endswith("_") and callable(item)
)
#: Elements that one tensor may have beyond those of all weights: windows, position tables.
_EXTRA_ELEMENTS = 2**24


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
    _check_value(config, "network", source, 0, [_MAX_VALUES])


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
            not fit. The memory that this takes is bounded by the size of the weights.
    """
    check_network_config(config, source)
    require_stored(weights, source)
    budget: contextlib.AbstractContextManager[Any] = _Budget(config, weights, source)
    try:
        with torch.device("meta"), budget:
            outline = _build(config, source)
    except RuntimeError:
        # A constructor that reads values back, which the meta device does not have.
        budget = _Budget(config, weights, source)
    else:
        _require_fit(outline, weights, source)
        budget = contextlib.nullcontext()
    try:
        with budget:
            network = _build(config, source)
    except RuntimeError as error:
        raise _cannot_build(config, source, error) from error
    load_weights(network, weights, source)
    return network.eval()


def load_weights(module: nn.Module, weights: Mapping[str, torch.Tensor], source: object) -> None:
    """Copy ``weights`` into ``module``, all of them or none.

    Raises:
        CheckpointError: If keys or shapes differ, or a tensor is sparse or has no values; the
            first ones are named.
    """
    require_stored(weights, source)
    _require_fit(module, weights, source)
    module.load_state_dict(weights)


def require_stored(weights: Mapping[Any, Any], source: object) -> None:
    """Require a state dict of ordinary tensors, whose values are all in the file.

    Raises:
        CheckpointError: If a key is no string, or a value is no tensor, or a sparse, quantized
            or complex one, or one without values of its own.
    """
    for key, weight in weights.items():
        if not isinstance(key, str):
            what = f"under a key that is a {type(key).__name__}"
        elif not isinstance(weight, torch.Tensor):
            what = f"a {type(weight).__name__}, not a tensor"
        elif weight.layout is not torch.strided or weight.is_quantized:
            what = "a quantized tensor" if weight.is_quantized else "a sparse tensor"
        elif weight.is_meta:
            what = "a tensor without values (of the meta device)"
        elif weight.is_complex():
            what = "a complex tensor"
        elif weight.numel() * weight.element_size() > weight.untyped_storage().nbytes():
            what = "an expanded view, which repeats its values"
        else:
            continue
        raise CheckpointError(
            f"{source}: the weight {_short(key)} is {what}; save the network's own state dict, "
            "with dense tensors."
        )


class _TooLargeError(CheckpointError):
    pass


class _Budget(TorchFunctionMode):
    """Stop a constructor that creates far more tensors, or larger ones, than a file holds."""

    def __init__(
        self, config: Mapping[str, Any], weights: Mapping[str, torch.Tensor], source: object
    ) -> None:
        super().__init__()
        self._calls_left = _CALLS[0] + _CALLS[1] * len(weights)
        self._elements = _EXTRA_ELEMENTS + sum(weight.numel() for weight in weights.values())
        self._refusal = (
            f"{source}: its weights do not fit the network {config['type']} of its config, which "
            f"is far larger than the {len(weights)} tensors in the file; use the config they were "
            "trained with."
        )

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        self._calls_left -= 1
        kwargs = kwargs or {}
        if func in _INITIALISERS:
            tensor = args[0] if args else kwargs["tensor"]
            if tensor.is_meta:
                return tensor
        result = func(*args, **kwargs)
        large = isinstance(result, torch.Tensor) and result.numel() > self._elements
        if self._calls_left < 0 or large:
            raise _TooLargeError(self._refusal)
        return result


def _build(config: Mapping[str, Any], source: object) -> nn.Module:
    """Build a checked config; a RuntimeError passes, since the meta device may be the cause."""
    try:
        with torch.random.fork_rng(devices=[]):
            network = MODELS.build(dict(config))
    except (RuntimeError, _TooLargeError):
        raise
    except Exception as error:
        # A stranger's values may fail in any way, in any network's constructor.
        raise _cannot_build(config, source, error) from error
    if not isinstance(network, nn.Module):
        raise CheckpointError(f"{source}: {config['type']!r} is not a network.")
    return network


def _cannot_build(config: Mapping[str, Any], source: object, error: Exception) -> CheckpointError:
    reason = one_line(str(error)) or type(error).__name__
    return CheckpointError(f"{source}: its network {config['type']} cannot be built: {reason}")


def _require_fit(module: nn.Module, weights: Mapping[str, torch.Tensor], source: object) -> None:
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


def _check_value(value: object, key: str, source: object, depth: int, left: list[int]) -> None:
    left[0] -= 1
    if left[0] < 0:
        raise CheckpointError(f"{source}: the network's config holds too many values.")
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
            _check_value(item, f"{key}.{name}", source, depth + 1, left)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _check_value(item, f"{key}[{index}]", source, depth + 1, left)
    elif isinstance(value, int):
        limit = _MAX_REPEATS if _REPEATS.search(key.rpartition(".")[2]) else _MAX_NUMBER
        if abs(value) > limit:
            raise CheckpointError(
                f"{source} is refused: {key}={_short(value)} is more than any network's config "
                f"has (at most {limit:,})."
            )
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
        f"{did_you_mean(str(name)[:80], known)} If a plugin package defines it, install that "
        "first; other Python objects are never taken from a file."
    )


def _some(keys: set[str]) -> str:
    """Return the number of keys and the first three."""
    first = ", ".join(sorted(keys)[:3])
    return f"{len(keys)} ({first}{', …' if len(keys) > 3 else ''})"


def _short(value: object) -> str:
    # A whole number of thousands of digits cannot be printed.
    huge = isinstance(value, int) and value.bit_length() > 256
    text = f"{value:#x}" if huge else repr(value)
    return text if len(text) <= 80 else text[:77] + "…"

"""Configs as JSON that gives back the same config, without running anything.

A tuple, a number that is not finite and a key that is no text are written as an object with one
special key. A class or function is written as its dotted name, which registries accept.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from restorekit.io.records import short
from restorekit.io.terminal import counted

_TUPLE, _FLOAT, _ITEMS, _OBJECT = "__tuple__", "__float__", "__items__", "__object__"


def config_to_json(value: Any) -> Any:
    """Return a config as what JSON can hold.

    A live object, which a config made in Python can contain, becomes ``{"__object__": its type}``:
    :func:`unrecorded` lists those.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {_FLOAT: repr(value)}
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value):
            return {str(key): config_to_json(one) for key, one in value.items()}
        return {_ITEMS: [[config_to_json(key), config_to_json(one)] for key, one in value.items()]}
    if isinstance(value, tuple):
        return {_TUPLE: [config_to_json(one) for one in value]}
    if isinstance(value, list):
        return [config_to_json(one) for one in value]
    if hasattr(value, "__qualname__") and hasattr(value, "__module__"):
        return f"{value.__module__}.{value.__qualname__}"
    return {_OBJECT: type(value).__name__}


def config_from_json(value: Any) -> Any:
    """Undo :func:`config_to_json`."""
    if isinstance(value, list):
        return [config_from_json(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {_TUPLE}:
        return tuple(config_from_json(one) for one in value[_TUPLE])
    if value.keys() == {_FLOAT}:
        return float(value[_FLOAT])
    if value.keys() == {_ITEMS}:
        return {config_from_json(key): config_from_json(one) for key, one in value[_ITEMS]}
    return {key: config_from_json(one) for key, one in value.items()}


def unrecorded(value: Any, key: str = "") -> list[str]:
    """Return the dotted keys of live objects in the JSON of a config."""
    if isinstance(value, dict) and value.keys() == {_OBJECT}:
        return [key]
    return [
        found for name, one in _children(value) for found in unrecorded(one, _dotted(key, name))
    ]


def config_changes(
    before: Any, after: Any, ignored: Collection[str] = (), key: str = ""
) -> Iterator[str]:
    """Describe how two configs differ, one short text for each key.

    Args:
        before: A config, or a part of one.
        after: What it became.
        ignored: Keys that do not count, wherever they are.
        key: The dotted key that leads to the part.

    Example:
        >>> before = {"train_cfg": {"max_iters": 100}, "pipeline": ["crop", "flip"]}
        >>> after = {"train_cfg": {"max_iters": 200}, "pipeline": ["crop", "pad"]}
        >>> list(config_changes(before, after))
        ['train_cfg.max_iters 100 → 200', "pipeline[1] 'flip' → 'pad'"]
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in {**before, **after}:
            if name not in ignored:
                inner = _dotted(key, name)
                yield from config_changes(before.get(name), after.get(name), ignored, inner)
    elif isinstance(before, (list, tuple)) and isinstance(after, (list, tuple)):
        if len(before) != len(after):
            yield f"{key} {counted(len(before), 'item')} → {counted(len(after), 'item')}"
        for index, (then, now) in enumerate(zip(before, after, strict=False)):
            yield from config_changes(then, now, ignored, f"{key}[{index}]")
    elif before != after:
        yield f"{key} {short(before)} → {short(after)}"


def _children(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _dotted(key: str, name: Any) -> str:
    return f"{key}.{name}" if key else str(name)

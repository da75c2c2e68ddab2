"""Typed records from parsed JSON or YAML; errors name the file, the key and the value."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from restorekit.errors import DataError, did_you_mean

T = TypeVar("T")
_WORDS = {
    "object": "an object of keys and values",
    "array": "a list",
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}


def to_record(content: Any, kind: type[T], source: str) -> T:
    """Convert parsed content to ``kind`` without changing the type of any value.

    Args:
        content: The parsed content of a JSON or YAML file, or a part of it.
        kind: A msgspec Struct, or a type composed of Structs.
        source: The file, for messages.

    Raises:
        DataError: At the first value that does not fit.
    """
    try:
        return msgspec.convert(content, kind, strict=True)
    except msgspec.ValidationError as error:
        # Also "... - at `key` in `$.splits`", where a key itself is not allowed.
        message, _, path = str(error).replace("`key` in ", "").partition(" - at `$")
        path = path.removesuffix("`")
        wrong_key = "`key` in " in str(error)
        keys = _spell_out(content, kind, f"{path}[...]" if wrong_key else path)
        value = keys[-1] if wrong_key else _at(content, keys)
        problem = _sentence(message, keys, value, _field_names(kind))
        raise DataError(f"{source}: {problem}") from error
    except UnicodeEncodeError as error:
        raise DataError(f"{source}: {error.object!r} is not valid Unicode.") from error


def _spell_out(content: Any, kind: type[Any], path: str) -> list[str | int]:
    """Return the keys of a path in which msgspec writes ``[...]`` for any key of a dictionary.

    The key that is meant is the first one whose value fails without the others.
    """
    keys: list[str | int] = []
    for name, index in re.findall(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]", path):
        if index != "...":
            keys.append(name or int(index))
            continue
        candidates = list(_at(content, keys))
        keys.append(next((k for k in candidates if _fails(content, kind, [*keys, k])), "..."))
        if keys[-1] == "...":
            break
    return keys


def _fails(content: Any, kind: type[Any], keys: list[str | int]) -> bool:
    try:
        msgspec.convert(_only(content, keys), kind, strict=True)
    except (msgspec.ValidationError, UnicodeEncodeError):
        return True
    return False


def _only(content: Any, keys: list[str | int]) -> Any:
    """Return ``content`` without the neighbours of the last key."""
    if len(keys) == 1:
        return {keys[0]: content[keys[0]]}
    if isinstance(content, dict):
        return {**content, keys[0]: _only(content[keys[0]], keys[1:])}
    return [_only(one, keys[1:]) if at == keys[0] else one for at, one in enumerate(content)]


def _at(content: Any, keys: list[str | int]) -> Any:
    for key in keys:
        if key == "...":
            return None
        content = content[key]
    return content


def _field_names(kind: Any) -> set[str]:
    """Return the names of the fields of a record and of those inside it."""
    names: set[str] = set()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for field in msgspec.structs.fields(kind):
            names |= {field.encode_name} | _field_names(field.type)
    for inner in typing.get_args(kind):
        names |= _field_names(inner)
    return names


def _sentence(message: str, keys: list[str | int], value: Any, fields: Iterable[str]) -> str:
    where = ".".join(map(str, keys)) or "the file"
    unknown = re.fullmatch(r"Object contains unknown field `(.+)`", message)
    if unknown:
        where = ".".join(map(str, [*keys, unknown[1]]))
        return f"{where} is not a known key.{did_you_mean(unknown[1], fields)}"
    missing = re.fullmatch(r"Object missing required field `(.+)`", message)
    if missing:
        return f"{'.'.join(map(str, [*keys, missing[1]]))} is missing."
    expected = re.match(
        r"Expected `([^`]+)`(?: (?:of length )?>= (\S+)| matching .* '(.*)')?", message
    )
    if not expected:
        return f"{where}: {message.removesuffix('.')}."
    kinds, least, pattern = expected.groups()
    words = " or ".join(_WORDS.get(one, one) for one in kinds.split(" | ") if one != "null")
    if "of length" in message:
        words = "a text that is not empty" if isinstance(value, str) else "not empty"
    elif least:
        words += f", {float(least):g} or more"
    elif pattern:
        words += f" that matches {pattern}"
    return f"{where} must be {words}, not {short(value)}."


def short(value: Any) -> str:
    """Return a value for a message, cut to 60 characters."""
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

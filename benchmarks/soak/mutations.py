"""Damage bytes and nested values at random, reproducibly for a seed."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

#: Values to replace good ones with.
JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**6, -(10**9), 2**70, 10**400, 1e308),
    *(float("nan"), float("inf"), "", " ", "x", "0", "é" * 300, "../../../x", "/etc/passwd"),
    *("\x1b]0;owned\x07", "\u202e", "=1+1", "<script>", "os.system", "{}", "\x00"),
    *([], [[]], [1, "a", None], {}, {"type": "os.system"}, {"": 1}, {"a": {"b": {"c": []}}}),
)
_HOLES = (b"", b"\x00", b"\xff" * 7, b"\x80\x02cos\nsystem\n", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n")


def damage_bytes(data: bytes, rng: Random) -> bytes:
    """Flip, cut off, remove, zero, insert or repeat some bytes."""
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at = rng.randrange(len(damaged) + 1)
        # Headers are where most can go wrong.
        at = min(at, rng.choice((len(damaged), 32, 512)))
        length = rng.choice((1, 4, 64, max(1, len(damaged) // 4)))
        match rng.randrange(7):
            case 0 | 1 if damaged:
                damaged[min(at, len(damaged) - 1)] ^= 1 << rng.randrange(8)
            case 2:
                del damaged[at:]
            case 3:
                del damaged[at : at + length]
            case 4:
                damaged[at : at + length] = bytes(len(damaged[at : at + length]))
            case 5:
                damaged[at:at] = rng.choice(_HOLES)
            case _:
                damaged[at:at] = damaged[at : at + length]
    return bytes(damaged)


def damage_text(data: bytes, rng: Random) -> bytes:
    """Damage a JSON file: its bytes, or with numbers or nesting that are too large to parse."""
    match rng.randrange(6):
        case 0:
            return data.replace(b": ", b": 1" + b"0" * 5000 + b"", 1)
        case 1:
            return data.replace(b": ", b": " + b"[" * 100_000, 1)
        case 2:
            return data.replace(b": ", b": " + b'{"a":' * 2000 + b"1" + b"}" * 2000 + b', "z":', 1)
        case _:
            return damage_bytes(data, rng)


def damage_value(value: Any, rng: Random, junk: tuple[Any, ...] = JUNK) -> Any:
    """Replace, remove, rename or add something anywhere inside nested dicts and lists."""
    value = copy.deepcopy(value)

    def something() -> Any:
        # A copy: what is put in may itself be damaged next.
        return copy.deepcopy(rng.choice(junk))

    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        holders = list(_holders(value))
        if not holders:
            return something()
        holder = rng.choice(holders)
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        action = rng.randrange(8)
        if not keys or action == 0:
            if isinstance(holder, dict):
                holder[rng.choice(("type", "_scope_", "extra", "", 3, None))] = something()
            else:
                holder.append(something())
            continue
        key = rng.choice(keys)
        if action == 1:
            del holder[key]
        elif action == 2 and isinstance(holder, dict):
            holder[rng.choice(("other", "", "\x1b[31m", 7, "../x"))] = holder.pop(key)
        elif action == 3:
            holder[key] = copy.deepcopy(rng.choice(holders))
        else:
            holder[key] = something()
    return value


def _holders(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from _holders(item)

"""Checks of the values that networks and blocks are configured with."""

from __future__ import annotations

from collections.abc import Sequence

from restorekit.errors import ConfigError, did_you_mean


def require_int(
    owner: object, name: str, value: object, minimum: int, maximum: int | None = None
) -> None:
    """Require a whole number in a range.

    Args:
        owner: The network or block; its class is named in the message.
        name: The parameter.
        value: What was given.
        minimum: Smallest allowed value.
        maximum: Largest allowed value; none if missing.

    Raises:
        ConfigError: If it is anything else.
    """
    # bool is a subclass of int, and True channels are a slip.
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and value >= minimum
        and (maximum is None or value <= maximum)
    ):
        return
    allowed = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
    raise ConfigError(
        f"{type(owner).__name__}: {name}={value!r} cannot be used; give a whole number {allowed}."
    )


def require_choice(owner: object, name: str, value: object, choices: Sequence[object]) -> None:
    """Require one of ``choices``.

    Raises:
        ConfigError: If it is none of them, naming them and the nearest.
    """
    if any(value == choice and type(value) is type(choice) for choice in choices):
        return
    nearest = did_you_mean(value, map(str, choices)) if isinstance(value, str) else ""
    raise ConfigError(
        f"{type(owner).__name__}: {name}={value!r} cannot be used; give one of "
        f"{', '.join(map(repr, choices))}.{nearest}"
    )

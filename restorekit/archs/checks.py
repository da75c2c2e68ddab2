"""Checks of the arguments of networks and blocks."""

from __future__ import annotations

from collections.abc import Sequence

from restorekit.errors import ConfigError, did_you_mean


def require_int(
    owner: object, name: str, value: object, minimum: int, maximum: int | None = None
) -> None:
    """Require an integer in a range.

    Args:
        owner: The network or block, whose class the message names.
        name: Name of the argument.
        value: Value of the argument.
        minimum: Smallest allowed value.
        maximum: Largest allowed value; ``None`` for no limit.

    Raises:
        ConfigError: If ``value`` is not such a number.
    """
    # bool is a subclass of int, and channels=True is a mistake.
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
        ConfigError: If ``value`` is none of them; the message lists them and the nearest.
    """
    if any(value == choice and type(value) is type(choice) for choice in choices):
        return
    nearest = did_you_mean(value, map(str, choices)) if isinstance(value, str) else ""
    raise ConfigError(
        f"{type(owner).__name__}: {name}={value!r} cannot be used; give one of "
        f"{', '.join(map(repr, choices))}.{nearest}"
    )

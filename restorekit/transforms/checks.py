"""Checks of the arguments that several transforms take."""

from __future__ import annotations

from typing import TypeAlias

from restorekit.errors import ConfigError

#: The smallest and the largest value that is drawn, uniformly between.
Range: TypeAlias = tuple[float, float]


def require_range(
    owner: object, name: str, values: Range, low: float, high: float = float("inf")
) -> Range:
    """Return a range of numbers, checked.

    Args:
        owner: The transform that has it, for the message.
        name: Name of the argument.
        values: The smallest and the largest value.
        low: Smallest number that is allowed.
        high: Largest number that is allowed.

    Raises:
        ConfigError: If it is no such range.
    """
    numbers = isinstance(values, (tuple, list)) and len(values) == 2
    if not numbers or not all(isinstance(value, (int, float)) for value in values):
        raise ConfigError(
            f"{type(owner).__name__}: {name}={values!r} is not a range; give the smallest and the "
            f"largest value, as {name}=({low:g}, {min(high, low + 1):g})."
        )
    if not low <= values[0] <= values[1] <= high:
        limit = f"from {low:g}" if high == float("inf") else f"from {low:g} to {high:g}"
        raise ConfigError(
            f"{type(owner).__name__}: {name}={tuple(values)!r} must be {limit}, and the first "
            "value no larger than the second."
        )
    return float(values[0]), float(values[1])


def require_share(owner: object, name: str, value: float) -> float:
    """Return a share from 0 to 1, checked.

    Args:
        owner: The transform that has it, for the message.
        name: Name of the argument.
        value: The share.

    Raises:
        ConfigError: If it is not from 0 to 1.
    """
    if not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ConfigError(f"{type(owner).__name__}: {name}={value!r} must be from 0 to 1.")
    return value

"""Build descriptions of rain from the dicts and lists of a config file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from restorekit.errors import ConfigError

from .distributions import Distribution, LogNormal, Normal
from .spec import RainMixture, RainSpec, StreakLayer


def rain_from_config(config: Mapping[str, Any]) -> RainSpec | RainMixture:
    """Build a description of rain from dicts and lists.

    Args:
        config: The fields of :class:`~restorekit.rain.RainSpec`, with ``layers`` as a list of
            dicts; or those of :class:`~restorekit.rain.RainMixture`, with ``specs`` as a list
            of dicts. A distribution is a number, a list of two for a range,
            ``dict(mean=…, std=…)`` or ``dict(median=…, sigma=…)``.

    Raises:
        ConfigError: If a field is missing, unknown or out of its range.

    Example:
        >>> streaks = dict(
        ...     density=dict(median=600, sigma=0.5), direction=[-10, 10], length=30, width=2,
        ...     brightness=0.4)
        >>> rain_from_config(dict(layers=[streaks], blending="screen")).layers[0].density
        LogNormal(median=600, sigma=0.5, low=0.0, high=inf)
    """
    try:
        if "specs" in config:
            kinds = [_spec(kind) for kind in config["specs"]]
            rest = {key: tuple(value) for key, value in config.items() if key != "specs"}
            return RainMixture(tuple(kinds), **rest)
        return _spec(config)
    except (TypeError, KeyError) as error:
        raise ConfigError(
            f"rain={dict(config)!r} does not describe rain ({error}): give the name of a preset, "
            "or the fields of RainSpec with layers=[dict(density=…, direction=…, length=…, "
            "width=…, brightness=…)]."
        ) from error


def _spec(config: Mapping[str, Any]) -> RainSpec:
    layers = tuple(StreakLayer(**_fields(layer)) for layer in config["layers"])
    rest = {key: value for key, value in config.items() if key != "layers"}
    return RainSpec(layers, **_fields(rest))


def _fields(config: Any) -> dict[str, Any]:
    if not isinstance(config, Mapping):
        raise TypeError(f"{config!r} is not a dict")
    return {key: _distribution(value) for key, value in config.items()}


def _distribution(value: Any) -> Distribution:
    if isinstance(value, Mapping):
        return Normal(**value) if "mean" in value else LogNormal(**value)
    return tuple(value) if isinstance(value, list) else value

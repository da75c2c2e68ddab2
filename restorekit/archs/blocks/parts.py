"""Build the parts of a network from their configs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from torch import nn

from restorekit.errors import ConfigError, did_you_mean
from restorekit.registry import MODELS

#: A block's registered name, or a dict with its ``type`` and its parameters.
PartConfig: TypeAlias = str | Mapping[str, Any]


def build_part(key: str, config: PartConfig, **arguments: Any) -> nn.Module:
    """Build a block that a network's config names.

    Only registered names are accepted, never a path to a Python object: configs also come
    from checkpoint files, whose authors must not be able to choose what is called.

    Args:
        key: The network's parameter that holds ``config``, for messages.
        config: The block's name, or a dict with its ``type`` (a name or a class).
        **arguments: Parameters that the network itself sets.

    Raises:
        ConfigError: If the name is not registered, or ``config`` has a parameter that the
            network sets.
    """
    spec: dict[str, Any] = dict(config) if isinstance(config, Mapping) else {"type": config}
    kind = spec.get("type")
    if not isinstance(kind, type):
        MODELS.import_from_location()
        known: Mapping[str, Any] = MODELS.module_dict
        if not isinstance(kind, str) or kind not in known:
            raise ConfigError(
                f"{key}: {kind!r} is not the name of a registered block."
                f"{did_you_mean(str(kind), known)} `restorekit list models` shows all names."
            )
    clash = sorted(spec.keys() & arguments.keys())
    if clash:
        raise ConfigError(
            f"{key}: {clash[0]}={spec[clash[0]]!r} is decided by the network "
            f"({clash[0]}={arguments[clash[0]]!r}); leave it out."
        )
    return cast(nn.Module, MODELS.build({**spec, **arguments}))

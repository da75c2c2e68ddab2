"""What ``--protocol`` and ``--metric`` mean, which several commands have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from restorekit.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from restorekit.metrics.protocols import Protocol

_METRICS = ("niqe",)


def chosen_protocols(names: Sequence[str]) -> list[Protocol]:
    """Return the protocols of those names, each once; ``all`` stands for every known one.

    Raises:
        UnknownNameError: If a name is none.
    """
    from restorekit.metrics.protocols import PROTOCOLS, get_protocol

    wanted = list(PROTOCOLS) if "all" in names else dict.fromkeys(names)
    return [get_protocol(name) for name in wanted]


def chosen_niqe_variant(metrics: Sequence[str]) -> str | None:
    """Return which NIQE is meant by ``niqe`` or ``niqe:VARIANT``, the last one; None for none.

    Raises:
        ConfigError: If a metric or variant is not known.
    """
    from restorekit.metrics.functional.niqe import check_variant

    variant = None
    for metric in metrics:
        name, _, chosen = metric.partition(":")
        if name not in _METRICS:
            raise ConfigError(
                f"--metric {metric} is not known.{did_you_mean(name, _METRICS)} There is niqe."
            )
        variant = chosen or "matlab_gray"
        check_variant(variant)
    return variant

"""What ``--protocol`` and ``--metric`` mean, which several commands have."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
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


def require_writable(path: str, option: str) -> None:
    """Refuse a file that cannot be written, before the work whose results go into it.

    Raises:
        ConfigError: If it is a folder, or lies where nothing can be written.
    """
    file = Path(path)
    if file.is_dir():
        raise ConfigError(
            f"{option} {path} is a folder: name a file in it, as {file / 'results.json'}."
        )
    folder = next(parent for parent in (file.parent, *file.parents) if parent.exists())
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise ConfigError(
            f"{option} {path} cannot be written: {folder} is no folder that you may write to; name "
            "another one."
        )

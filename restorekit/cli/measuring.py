"""What ``--protocol`` and ``--metric`` mean, which several commands have."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.errors import ConfigError

if TYPE_CHECKING:
    from restorekit.metrics.protocols import Protocol


def chosen_protocols(names: Sequence[str]) -> list[Protocol]:
    """Return the protocols of those names, each once; ``all`` stands for every known one.

    Raises:
        UnknownNameError: If a name is none.
    """
    from restorekit.metrics.protocols import PROTOCOLS, get_protocol

    wanted = list(PROTOCOLS) if "all" in names else dict.fromkeys(names)
    return [get_protocol(name) for name in wanted]


def chosen_measures(names: Sequence[str]) -> list[str]:
    """Return measures by ``name`` or ``name:variant``, each once.

    Raises:
        UnknownNameError: If there is no such measure.
        ConfigError: If it has no such variant, or needs a protocol.
    """
    from restorekit.metrics.plan import Plan

    wanted = list(dict.fromkeys(names))
    Plan((), wanted)
    return wanted


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

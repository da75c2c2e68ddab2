"""Options and outputs that the measuring commands share."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.errors import OutputError

if TYPE_CHECKING:
    from restorekit.evaluation.results import Results
    from restorekit.metrics.protocols import Protocol


def chosen_protocols(names: Sequence[str]) -> list[Protocol]:
    """Return the protocols of those names, each once; ``all`` stands for every known one.

    Raises:
        UnknownNameError: If a name is not that of a protocol.
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


def write_all(files: Mapping[str, Results]) -> None:
    """Write results files; what was measured is kept where one cannot be written.

    Raises:
        OutputError: If one cannot be written; the message names the folder that all of them
            are in instead.
    """
    from restorekit.evaluation.results import write_results

    try:
        for path, results in files.items():
            write_results(path, results)
    except OSError as error:
        folder = Path(tempfile.mkdtemp(prefix="restorekit-results-"))
        for path, results in files.items():
            write_results(folder / Path(path).name, results)
        raise OutputError(f"{error} What was measured is in {folder} instead.") from error

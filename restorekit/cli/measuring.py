"""Options and outputs that the measuring commands share."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.errors import OutputError

if TYPE_CHECKING:
    from restorekit.evaluation.results import Results
    from restorekit.metrics.protocols import Protocol


def add_protocols(parser: argparse.ArgumentParser, help_: str) -> None:
    """Add ``--protocol``, which may be repeated."""
    parser.add_argument("--protocol", action="append", default=[], metavar="NAME", help=help_)


def add_protocol(parser: argparse.ArgumentParser, help_: str, default: str | None = None) -> None:
    """Add ``--protocol`` for commands that measure under a single one."""
    parser.add_argument("--protocol", default=default, metavar="NAME", help=help_)


def add_metrics(parser: argparse.ArgumentParser, help_: str) -> None:
    """Add ``--metric``, which may be repeated."""
    parser.add_argument(
        "--metric", action="append", default=[], metavar="NAME[:VARIANT]", help=help_
    )


def add_processes(parser: argparse.ArgumentParser) -> None:
    """Add ``--processes``."""
    parser.add_argument(
        "--processes", type=int, metavar="N", help="processes that measure (default: all)"
    )


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


def report_left_out(restored: Iterable[str], others: Iterable[str | None]) -> None:
    """Say which images are left out beside those that `restorekit restore` wrote.

    Args:
        restored: Folders of restored images.
        others: Folders of clean and rainy images; None for one that is not given.
    """
    from restorekit.errors import one_line
    from restorekit.evaluation.image_folders import left_out

    folders = {(folder, True): "inputs and comparisons" for folder in restored}
    folders |= {(folder, False): "results" for folder in others if folder}
    for (folder, is_restored), what in folders.items():
        if found := left_out(folder, restored=is_restored):
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            sys.stderr.write(
                one_line(f"{folder}: {what} of `restorekit restore` are left out: {found[0]}{more}")
                + "\n"
            )


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

"""Scripts that run as two processes which train together."""

from __future__ import annotations

import sys
from pathlib import Path

from restorekit.doctor.processes import on_two_ranks


def run_on_two_ranks(script: Path, *arguments: object, timeout: float) -> list[tuple[int, str]]:
    """Run a script as rank 0 and 1 of 2; return exit status and errors of each."""
    return on_two_ranks([sys.executable, str(script), *map(str, arguments)], timeout)

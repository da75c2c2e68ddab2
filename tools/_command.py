"""Runs a restorekit command, with the Python of ``make install`` where this one lacks it."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path


def run(command: str) -> int:
    """Run ``restorekit COMMAND`` with the arguments of this process."""
    if find_spec("restorekit") is None or find_spec("torch") is None:
        python = Path(__file__).resolve().parent.parent / ".venv" / "bin" / "python"
        if not python.is_file() or Path(sys.executable) == python:
            sys.stderr.write(
                "restorekit is not installed for this Python: run `make install`, or install it "
                "with `pip install -e .`.\n"
            )
            return 2
        os.execv(python, [str(python), *sys.argv])  # noqa: S606
    from restorekit.cli import main

    return main([command, *sys.argv[1:]])

"""Runs a restorekit command, with the Python of ``make install`` where this one lacks it."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn


def run(command: str) -> NoReturn:
    """Run ``restorekit COMMAND`` with the arguments of this process, and end it."""
    if find_spec("restorekit") is None or find_spec("torch") is None:
        python = Path(__file__).resolve().parent.parent / ".venv" / "bin" / "python"
        if not python.is_file() or Path(sys.executable) == python:
            sys.stderr.write(
                "restorekit is not installed for this Python: run `make install`, or install it "
                "with `pip install -e .`.\n"
            )
            sys.exit(2)
        os.execv(python, [str(python), *sys.argv])  # noqa: S606
    from restorekit.cli import program

    program([command, *sys.argv[1:]])

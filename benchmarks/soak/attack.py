"""The base class of all attacks: kinds of malformed files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random


class Attack:
    """One kind of malformed file.

    Args:
        folder: An empty folder; the file ``executed`` appears in it if code from a file is run.
        rng: Chooses what to damage.
    """

    def __init__(self, folder: Path, rng: Random) -> None:
        self.folder = folder
        self.rng = rng
        self.marker = folder / "executed"
        self.prepare()

    def prepare(self) -> None:
        """Make the intact originals."""

    def next(self) -> Callable[[], object]:
        """Write the next malformed file and return a function that tries to use it."""
        raise NotImplementedError
